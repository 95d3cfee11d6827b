//! A thin XML writer: elements in order, indented, text escaped.
//!
//! Conventions: one blank of indentation per level; elements that hold text stand on one line. Characters that XML 1.0
//! forbids are left out, line breaks and tabs become blanks.

/// Attributes of an element in the order they are written.
pub(crate) type Attributes<'a> = &'a [(&'a str, &'a str)];

/// A document under construction.
#[derive(Default)]
pub(crate) struct Xml {
    out: String,
    open: Vec<&'static str>,
}

impl Xml {
    /// Begins with the XML declaration and, if there is one, the document type.
    pub(crate) fn document(doctype: &str) -> Self {
        let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
        if !doctype.is_empty() {
            out.push_str(doctype);
            out.push('\n');
        }
        Self { out, open: Vec::new() }
    }

    /// Opens an element that holds elements.
    pub(crate) fn open(&mut self, tag: &'static str, attributes: Attributes<'_>) {
        self.start(tag, attributes);
        self.out.push_str(">\n");
        self.open.push(tag);
    }

    /// Closes the element opened last.
    pub(crate) fn close(&mut self) {
        let tag = self.open.pop().expect("every close has its open");
        self.indent();
        self.out.push_str("</");
        self.out.push_str(tag);
        self.out.push_str(">\n");
    }

    /// An element around elements.
    pub(crate) fn within(&mut self, tag: &'static str, attributes: Attributes<'_>, inner: impl FnOnce(&mut Self)) {
        self.open(tag, attributes);
        inner(self);
        self.close();
    }

    /// An element that holds text.
    pub(crate) fn leaf(&mut self, tag: &'static str, attributes: Attributes<'_>, text: &str) {
        self.start(tag, attributes);
        self.out.push('>');
        escape_into(&mut self.out, text);
        self.out.push_str("</");
        self.out.push_str(tag);
        self.out.push_str(">\n");
    }

    /// An element that holds nothing.
    pub(crate) fn empty(&mut self, tag: &'static str, attributes: Attributes<'_>) {
        self.start(tag, attributes);
        self.out.push_str("/>\n");
    }

    /// A processing instruction, which programs that do not know it pass over.
    pub(crate) fn instruction(&mut self, target: &'static str, text: &str) {
        self.indent();
        self.out.push_str("<?");
        self.out.push_str(target);
        self.out.push(' ');
        self.out.push_str(&text.replace("?>", ""));
        self.out.push_str("?>\n");
    }

    /// The finished document.
    pub(crate) fn finish(mut self) -> String {
        while !self.open.is_empty() {
            self.close();
        }
        self.out
    }

    fn start(&mut self, tag: &str, attributes: Attributes<'_>) {
        self.indent();
        self.out.push('<');
        self.out.push_str(tag);
        for (name, value) in attributes {
            self.out.push(' ');
            self.out.push_str(name);
            self.out.push_str("=\"");
            escape_into(&mut self.out, value);
            self.out.push('"');
        }
    }

    fn indent(&mut self) {
        self.out.extend(std::iter::repeat_n(' ', self.open.len()));
    }
}

/// Text with the characters that mean something in XML written as entities.
pub(crate) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    escape_into(&mut out, text);
    out
}

fn escape_into(out: &mut String, text: &str) {
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\n' | '\r' | '\t' => out.push(' '),
            '\u{0}'..='\u{1f}' | '\u{7f}'..='\u{9f}' | '\u{fffe}' | '\u{ffff}' => {}
            _ => out.push(character),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_escaped_and_control_characters_leave() {
        assert_eq!(escape("Rock & <\"Roll\">\u{1}\n🥁"), "Rock &amp; &lt;&quot;Roll&quot;&gt; 🥁");
    }

    #[test]
    fn elements_nest() {
        let mut xml = Xml::document("");
        xml.within("a", &[("id", "1")], |xml| {
            xml.instruction("c", "d");
            xml.leaf("b", &[], "x");
        });
        let expected = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<a id=\"1\">\n <?c d?>\n <b>x</b>\n</a>\n";
        assert_eq!(xml.finish(), expected);
    }
}
