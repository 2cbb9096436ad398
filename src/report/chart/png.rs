//! Takes a picture as SVG.
//! Gives it as PNG, twice as large, so that its text can be read on every screen.
//! Never looks for fonts on the machine: the one it writes with is inside the binary.

use std::sync::Arc;

use epaint_default_fonts::UBUNTU_LIGHT;
use resvg::tiny_skia::{Pixmap, Transform};
use resvg::usvg::{Options, Tree, fontdb};

const SCALE: f32 = 2.0;

/// The picture as PNG.
pub fn png(svg: &str) -> Vec<u8> {
    let mut fonts = fontdb::Database::new();
    fonts.load_font_data(UBUNTU_LIGHT.to_vec());
    let family = fonts.faces().next().and_then(|face| face.families.first()).map(|family| family.0.clone());
    fonts.set_sans_serif_family(family.expect("a font has a name"));
    let options = Options { fontdb: Arc::new(fonts), ..Options::default() };
    let tree = Tree::from_str(svg, &options).expect("what draws the picture writes valid SVG");
    let size = tree.size().to_int_size().scale_by(SCALE).expect("the picture has a size");
    let mut pixels = Pixmap::new(size.width(), size.height()).expect("the picture has a size");
    resvg::render(&tree, Transform::from_scale(SCALE, SCALE), &mut pixels.as_mut());
    pixels.encode_png().expect("pixels in memory can be written to memory")
}
