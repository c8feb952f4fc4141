mod coverage;
mod files;
mod output;
mod postgres;
