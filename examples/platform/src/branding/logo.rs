use axum::http::StatusCode;

use super::svg;
use crate::problem::Problem;

/// The most bytes of a logo.
pub(super) const MOST: usize = 256 * 1024;

/// A logo that may be kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Logo {
    pub(super) media_type: &'static str,
    pub(super) content: Vec<u8>,
}

impl Logo {
    /// Takes a file for what its first bytes say it is.
    ///
    /// # Errors
    /// 422 `logo_invalid` for what is none.
    pub(super) fn read(content: Vec<u8>) -> Result<Self, Problem> {
        let media_type = match &content[..] {
            [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n', ..] => "image/png",
            [0xff, 0xd8, 0xff, ..] => "image/jpeg",
            [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => "image/webp",
            _ => return Self::read_svg(&content),
        };
        Ok(Self { media_type, content })
    }

    fn read_svg(content: &[u8]) -> Result<Self, Problem> {
        let text = std::str::from_utf8(content).ok().filter(|text| text.contains("<svg"));
        let text = text.ok_or_else(|| {
            refused("it is neither PNG, JPEG, WebP nor SVG in UTF-8", "send an image of one of these kinds")
        })?;
        let written = svg::sanitised(text).map_err(|why| {
            refused(
                format!("the SVG is not taken: {why}"),
                "keep to shapes, text and gradients, without scripts, styles, links and images; or send PNG",
            )
        })?;
        Ok(Self { media_type: "image/svg+xml", content: written.into_bytes() })
    }
}

/// Returns what the name of a file of this type ends with.
pub(crate) fn extension(media_type: &str) -> &'static str {
    match media_type {
        "image/png" => "png",
        "image/jpeg" => "jpg",
        "image/webp" => "webp",
        _ => "svg",
    }
}

fn refused(detail: impl Into<std::borrow::Cow<'static, str>>, fix: &'static str) -> Problem {
    Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "logo_invalid", detail, fix)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_what_its_bytes_say() {
        let check = |content: &[u8], expected: Option<&str>| {
            let read = Logo::read(content.to_vec());
            assert_eq!(read.ok().map(|logo| logo.media_type), expected, "{content:?}");
        };
        check(b"\x89PNG\r\n\x1a\nrest", Some("image/png"));
        check(b"\xff\xd8\xff\xe0rest", Some("image/jpeg"));
        check(b"RIFF\0\0\0\0WEBPrest", Some("image/webp"));
        check(b"<svg xmlns='http://www.w3.org/2000/svg'/>", Some("image/svg+xml"));
        for content in [&b""[..], b"GIF89a", b"<html>", b"%PDF", b"\xfe\xff\0<\0s\0v\0g", b"RIFF\0\0\0\0WAVE", b"<svg"]
        {
            check(content, None);
        }
    }
}
