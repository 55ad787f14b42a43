//! Aligned tables.

/// A table: what is measured to the left, figures to the right.
pub struct Table {
    /// How many columns say what is measured.
    left: usize,
    rows: Vec<Vec<String>>,
}

impl Table {
    pub fn new<const LEFT: usize>(what: [&str; LEFT], figures: &[&str]) -> Self {
        let heads = what.iter().chain(figures).map(|&head| head.to_owned()).collect();
        Self { left: LEFT, rows: vec![heads] }
    }

    /// Adds figures of which there are as many as there are.
    pub fn heads(&mut self, more: impl Iterator<Item = String>) {
        self.rows[0].extend(more);
    }

    pub fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        self.rows.push(cells.into_iter().collect());
    }

    pub fn print(&self, title: &str, notes: &[&str]) {
        println!("\n== {title}\n");
        let columns = self.rows.iter().map(Vec::len).max().unwrap_or_default();
        let width = |column: usize| {
            self.rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max()
        };
        let widths: Vec<usize> = (0..columns).map(|column| width(column).unwrap_or_default()).collect();
        for (number, row) in self.rows.iter().enumerate() {
            let cells = row.iter().zip(&widths).enumerate().map(|(column, (cell, &width))| match column {
                column if column < self.left => format!("{cell:<width$}"),
                _ => format!("{cell:>width$}"),
            });
            println!("  {}", cells.collect::<Vec<_>>().join("   ").trim_end());
            if number == 0 {
                println!(
                    "  {}",
                    widths.iter().map(|&width| "-".repeat(width)).collect::<Vec<_>>().join("   ")
                );
            }
        }
        notes.iter().enumerate().for_each(|(number, note)| {
            println!("{}  {note}", if number == 0 { "\n" } else { "" });
        });
    }
}
