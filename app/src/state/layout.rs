//! How many columns a grid of faces has: the shape that makes the tiles largest.
//!
//! For every number of columns the cell is cut to the allowed shapes and the largest tile wins; ties go to fewer columns.
//! All numbers are CSS pixels. The last row is centred by the style sheet.

/// Gap between tiles; phones have less.
pub const GAP: f64 = 12.0;
/// Gap on phones.
pub const GAP_PHONE: f64 = 8.0;
/// Widths under this are phones.
pub const PHONE_BELOW: f64 = 640.0;
/// Widths under this, in portrait, are tablets.
pub const TABLET_BELOW: f64 = 1_024.0;

/// The grid chosen.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Grid {
    /// Tiles in a full row.
    pub columns: usize,
    /// Rows.
    pub rows: usize,
    /// Width of a tile.
    pub tile_width: f64,
    /// Height of a tile.
    pub tile_height: f64,
    /// Gap between tiles.
    pub gap: f64,
}

/// The allowed shapes of a tile, width by height, narrowest and widest.
fn shapes(width: f64, height: f64) -> (f64, f64) {
    let portrait = height > width;
    match width {
        w if w < PHONE_BELOW && portrait => (3.0 / 5.0, 16.0 / 9.0),
        w if w < TABLET_BELOW && portrait => (3.0 / 4.0, 16.0 / 9.0),
        _ => (4.0 / 3.0, 16.0 / 9.0),
    }
}

/// The best grid for `count` tiles on a stage of `width` by `height`. `None` when there is nothing to lay out.
pub fn grid(count: usize, width: f64, height: f64) -> Option<Grid> {
    let gap = if width < PHONE_BELOW { GAP_PHONE } else { GAP };
    let (narrowest, widest) = shapes(width, height);
    let mut best: Option<Grid> = None;
    for columns in 1..=count {
        let rows = count.div_ceil(columns);
        let cell_width = (width - gap * (columns - 1) as f64) / columns as f64;
        let cell_height = (height - gap * (rows - 1) as f64) / rows as f64;
        if cell_width <= 0.0 || cell_height <= 0.0 {
            continue;
        }
        let tile_width = cell_width.min(cell_height * widest);
        let tile_height = cell_height.min(cell_width / narrowest);
        let better = best.is_none_or(|b| tile_width * tile_height > b.tile_width * b.tile_height + 0.5);
        if better {
            best = Some(Grid { columns, rows, tile_width, tile_height, gap });
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shape(count: usize, width: f64, height: f64) -> (usize, usize, u32, u32) {
        let grid = grid(count, width, height).expect("there are tiles");
        (grid.columns, grid.rows, grid.tile_width as u32, grid.tile_height as u32)
    }

    #[test]
    fn a_desktop_stage_gives_the_designed_grids() {
        assert_eq!(shape(1, 1408.0, 792.0), (1, 1, 1408, 792));
        assert_eq!(shape(2, 1408.0, 792.0), (2, 1, 698, 523));
        assert_eq!(shape(3, 1408.0, 792.0), (2, 2, 693, 390));
        assert_eq!(shape(4, 1408.0, 792.0), (2, 2, 693, 390));
        assert_eq!(shape(5, 1408.0, 792.0), (3, 2, 461, 346));
        assert_eq!(shape(6, 1408.0, 792.0), (3, 2, 461, 346));
        assert_eq!(shape(9, 1408.0, 792.0), (3, 3, 455, 256));
    }

    #[test]
    fn an_open_panel_gives_the_designed_grids() {
        assert_eq!(shape(1, 1024.0, 792.0), (1, 1, 1024, 768));
        assert_eq!(shape(2, 1024.0, 792.0), (1, 2, 693, 390));
        assert_eq!(shape(4, 1024.0, 792.0), (2, 2, 506, 379));
        assert_eq!(shape(5, 1024.0, 792.0), (2, 3, 455, 256));
        assert_eq!(shape(7, 1024.0, 792.0), (3, 3, 333, 250));
    }

    #[test]
    fn tablets_and_phones_get_upright_tiles() {
        assert_eq!(shape(1, 796.0, 1012.0), (1, 1, 796, 1012));
        assert_eq!(shape(4, 796.0, 1012.0), (2, 2, 392, 500));
        assert_eq!(shape(6, 796.0, 1012.0), (2, 3, 392, 329));
        assert_eq!(shape(9, 796.0, 1012.0), (3, 3, 257, 329));
        assert_eq!(shape(2, 374.0, 620.0), (1, 2, 374, 306));
        assert_eq!(shape(3, 374.0, 620.0), (1, 3, 357, 201));
        assert_eq!(shape(4, 374.0, 620.0), (2, 2, 183, 305));
        assert_eq!(shape(5, 374.0, 620.0), (2, 3, 183, 201));
        assert_eq!(shape(8, 374.0, 620.0), (2, 4, 183, 149));
    }

    #[test]
    fn no_room_and_nobody_give_no_grid() {
        assert_eq!(grid(0, 100.0, 100.0), None);
        assert_eq!(grid(3, 0.0, 100.0), None);
    }
}
