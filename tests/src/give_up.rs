use std::{
    future::Future,
    pin::Pin,
    task::{Context, Poll},
};

/// Polls a future until it was pending so many times, then gives up and so drops it.
#[derive(Debug)]
pub struct GiveUpAfter<F> {
    future: Option<Pin<Box<F>>>,
    left: usize,
}

impl<F: Future> GiveUpAfter<F> {
    /// Gives `future` up at the pending poll after `left` others.
    pub fn new(future: F, left: usize) -> Self {
        Self { future: Some(Box::pin(future)), left }
    }
}

impl<F: Future> Future for GiveUpAfter<F> {
    /// What the future came to, unless it was given up.
    type Output = Option<F::Output>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let Some(future) = &mut self.future else { return Poll::Ready(None) };
        match future.as_mut().poll(cx) {
            Poll::Ready(output) => Poll::Ready(Some(output)),
            Poll::Pending if self.left == 0 => {
                self.future = None;
                Poll::Ready(None)
            }
            Poll::Pending => {
                self.left -= 1;
                Poll::Pending
            }
        }
    }
}
