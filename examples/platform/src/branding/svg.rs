//! SVG that can't do anything: what isn't on the lists is refused, and what is kept was written anew from what was read,
//! so that no two readers can see two different things in it.

use std::fmt::Write as _;

use quick_xml::{
    Reader, XmlVersion,
    escape::escape,
    events::{BytesStart, Event},
};

/// Shapes, text and what fills them: no scripts, styles, links, animations, images or foreign content.
const ELEMENTS: [&str; 18] = [
    "svg",
    "g",
    "path",
    "rect",
    "circle",
    "ellipse",
    "line",
    "polyline",
    "polygon",
    "title",
    "desc",
    "defs",
    "linearGradient",
    "radialGradient",
    "stop",
    "clipPath",
    "text",
    "tspan",
];

const ATTRIBUTES: [&str; 57] = [
    "xmlns",
    "version",
    "id",
    "viewBox",
    "preserveAspectRatio",
    "width",
    "height",
    "x",
    "y",
    "x1",
    "y1",
    "x2",
    "y2",
    "cx",
    "cy",
    "r",
    "rx",
    "ry",
    "fx",
    "fy",
    "fr",
    "dx",
    "dy",
    "d",
    "points",
    "pathLength",
    "transform",
    "fill",
    "fill-opacity",
    "fill-rule",
    "clip-rule",
    "clip-path",
    "clipPathUnits",
    "stroke",
    "stroke-width",
    "stroke-opacity",
    "stroke-linecap",
    "stroke-linejoin",
    "stroke-miterlimit",
    "stroke-dasharray",
    "stroke-dashoffset",
    "opacity",
    "color",
    "gradientUnits",
    "gradientTransform",
    "spreadMethod",
    "offset",
    "stop-color",
    "stop-opacity",
    "font-family",
    "font-size",
    "font-weight",
    "font-style",
    "letter-spacing",
    "text-anchor",
    "role",
    "aria-label",
];

const NAMESPACE: &str = "http://www.w3.org/2000/svg";
const DEPTH: usize = 64;

/// Returns the image in this text, written anew, or what in it is refused.
pub(super) fn sanitised(text: &str) -> Result<String, String> {
    let mut reader = Reader::from_str(text.trim_start_matches('\u{feff}').trim());
    let mut written = String::with_capacity(text.len());
    let mut open: Vec<String> = Vec::new();
    let mut has_root = false;
    loop {
        match reader.read_event().map_err(|_| "it is not well-formed XML".to_owned())? {
            Event::Decl(_) if !has_root => {}
            // They are dropped.
            Event::Comment(_) => {}
            Event::Start(tag) | Event::Empty(tag) if has_root && open.is_empty() => {
                return Err(format!("<{}> stands after the image", shown(tag.name().0)));
            }
            Event::Start(tag) => {
                element(&tag, !has_root, &mut written)?;
                written.push('>');
                open.push(tag.name().0.to_owned());
                has_root = true;
                if open.len() > DEPTH {
                    return Err("its elements stand too deep in each other".to_owned());
                }
            }
            Event::Empty(tag) => {
                element(&tag, !has_root, &mut written)?;
                written.push_str("/>");
                has_root = true;
            }
            Event::End(tag) => {
                if open.pop().as_deref() != Some(tag.name().0) {
                    return Err("it is not well-formed XML".to_owned());
                }
                let _ = write!(written, "</{}>", tag.name().0);
            }
            Event::Text(text) if open.is_empty() && text.trim().is_empty() => {}
            Event::Text(text) if !open.is_empty() && !text.contains(['<', '&']) => written.push_str(&text),
            Event::GeneralRef(name) if !open.is_empty() && PREDEFINED.contains(&&*name) => {
                let _ = write!(written, "&{};", &*name);
            }
            Event::Eof if open.is_empty() && has_root => return Ok(written),
            Event::Eof => return Err("it ends before the image does".to_owned()),
            Event::DocType(_) => return Err("it has a document type".to_owned()),
            Event::PI(_) => return Err("it has a processing instruction".to_owned()),
            Event::CData(_) => return Err("it has a CDATA section".to_owned()),
            Event::GeneralRef(_) => return Err("it has an entity".to_owned()),
            Event::Decl(_) | Event::Text(_) => return Err("it is not well-formed XML".to_owned()),
        }
    }
}

const PREDEFINED: [&str; 5] = ["amp", "lt", "gt", "quot", "apos"];

fn element(tag: &BytesStart<'_>, is_root: bool, written: &mut String) -> Result<(), String> {
    let name = tag.name().0;
    if !ELEMENTS.contains(&name) {
        return Err(format!("it has the element <{}>", shown(name)));
    }
    if is_root != (name == "svg") {
        return Err("its outermost element, and no other, must be <svg>".to_owned());
    }
    let _ = write!(written, "<{name}");
    let mut has_namespace = false;
    for attribute in tag.attributes() {
        let attribute = attribute.map_err(|_| "it is not well-formed XML".to_owned())?;
        let name = attribute.key.0;
        let value = attribute.normalized_value(XmlVersion::Implicit1_0);
        let value = value.map_err(|_| "it has an entity".to_owned())?;
        let good = match name {
            "xmlns" => value == NAMESPACE,
            name => ATTRIBUTES.contains(&name) && is_harmless(&value),
        };
        if !good {
            return Err(format!("it has the attribute {} with a value that is not taken", shown(name)));
        }
        has_namespace |= name == "xmlns";
        let _ = write!(written, " {name}=\"{}\"", escape(&*value));
    }
    if is_root && !has_namespace {
        return Err(format!("its outermost element lacks xmlns=\"{NAMESPACE}\""));
    }
    Ok(())
}

/// Tells whether a value names nothing outside of the image.
fn is_harmless(value: &str) -> bool {
    // Neither addresses nor escapes of style sheets can be written without these.
    let plain = !value.contains([':', '\\', '<', '>', '@', ';', '{', '}', '&']) && !value.contains("//");
    let folded = value.to_ascii_lowercase();
    let functions = folded.matches("url").count();
    plain && functions == folded.matches("url(#").count() && !value.chars().any(char::is_control)
}

fn shown(name: &str) -> String {
    name.chars().filter(|c| !c.is_control()).take(40).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn svg(inner: &str) -> String {
        format!("<svg xmlns=\"{NAMESPACE}\" viewBox=\"0 0 8 8\">{inner}</svg>")
    }

    #[test]
    fn takes_pictures() {
        let text = format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<!-- Made by hand -->\n{}\n",
            svg(
                "<title>A &amp; B</title><defs><linearGradient id='a'><stop offset='0' stop-color='#fff'/></linearGradient></defs>\
             <g fill='url(#a)'><path d='M0 0h8v8z'/><circle cx='4' cy='4' r='3'/></g><!-- <script> -->"
            )
        );
        let written = sanitised(&text).unwrap();
        assert!(written.starts_with("<svg xmlns=") && written.ends_with("</svg>"), "{written}");
        assert!(written.contains("fill=\"url(#a)\"") && !written.contains("script"), "{written}");
        assert_eq!(sanitised(&written).unwrap(), written, "written anew, it stays as it is");
    }

    #[test]
    fn refuses_what_does_or_fetches_something() {
        for inner in [
            "<script>alert(1)</script>",
            "<SCRIPT>alert(1)</SCRIPT>",
            "<svg:script xmlns:svg='http://www.w3.org/2000/svg'>alert(1)</svg:script>",
            "<path onload='alert(1)' d=''/>",
            "<g ONCLICK='alert(1)'/>",
            "<a href='javascript:alert(1)'><path d=''/></a>",
            "<a xlink:href='java&#115;cript:alert(1)'><path d=''/></a>",
            "<foreignObject><p xmlns='http://www.w3.org/1999/xhtml'>x</p></foreignObject>",
            "<image href='https://evil.example/x.png'/>",
            "<use href='data:image/svg+xml;base64,AAAA#x'/>",
            "<style>@import url(//evil.example/x.css)</style>",
            "<path style='background:url(//evil.example)'/>",
            "<path fill='url(https://evil.example/#a)'/>",
            "<path fill='URL(//evil.example)'/>",
            "<path fill='u\\72l(x)'/>",
            "<animate attributeName='href' to='javascript:alert(1)'/>",
            "<set attributeName='onload' to='alert(1)'/>",
            "<handler type='text/javascript'>alert(1)</handler>",
            "<g xmlns='http://www.w3.org/1999/xhtml'><path/></g>",
            "<title><![CDATA[</title><script>alert(1)</script>]]></title>",
            "&evil;",
            "<path fill='&evil;'/>",
            "<?xml-stylesheet href='//evil.example'?>",
            "<svg/>",
            "<path fill='a' fill='b'/>",
            "<g>",
            "</g>",
        ] {
            assert!(sanitised(&svg(inner)).is_err(), "{inner}");
        }
        for text in [
            "",
            "<svg/>",
            "<g xmlns='http://www.w3.org/2000/svg'/>",
            "<!DOCTYPE svg [<!ENTITY a '<script/>'>]><svg xmlns='http://www.w3.org/2000/svg'>&a;</svg>",
            "<?xml-stylesheet href='//evil.example'?><svg xmlns='http://www.w3.org/2000/svg'/>",
            "<svg xmlns='http://www.w3.org/2000/svg'/><script/>",
            "<svg xmlns='http://www.w3.org/2000/svg'/>text",
            "<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
            "<html><svg xmlns='http://www.w3.org/2000/svg'/></html>",
        ] {
            assert!(sanitised(text).is_err(), "{text}");
        }
        assert!(sanitised(&svg(&"<g>".repeat(DEPTH))).is_err());
    }
}
