//! A measure: the passes from noteheads to tuplets in their order, at columns already placed.

use crate::dialect::Dialect;
use crate::passes::columns::Plan;
use crate::passes::{articulations, beams, dots, flags, graces, notes, rests, similes, stems, tremolos, tuplets};
use crate::sheet::Sheet;
use score::Score;

/// Draws a measure between its bar lines. `columns` holds the x of each of the plan's columns.
pub(crate) fn draw(
    sheet: &mut Sheet,
    score: &Score,
    plan: &Plan<'_>,
    columns: &[f64],
    span: (f64, f64),
    dialect: Dialect,
) {
    if plan.bar.silent > 1 {
        rests::draw_silence(sheet, plan.measure, plan.bar.silent, span);
        return;
    }
    if let Some(simile) = plan.bar.simile {
        similes::draw(sheet, simile, plan.bar.count, plan.measure.id, span);
        return;
    }
    let stands = &plan.stands;
    let xs: Vec<f64> = stands.iter().map(|stand| columns[plan.column_at(stand.event.offset)]).collect();
    let mut all: Vec<_> = stands.iter().zip(&xs).map(|(stand, &x)| stems::stem(stand, x)).collect();
    let groups = beams::groups(stands);
    let mut beamed = vec![false; stands.len()];
    beams::settle(&groups, stands, &mut all);
    for group in &groups {
        group.iter().for_each(|&index| beamed[index] = true);
    }
    for (index, stand) in stands.iter().enumerate() {
        notes::draw(sheet, stand, xs[index]);
        if let Some(stem) = all[index] {
            stems::draw(sheet, stand, stem);
            if !beamed[index] {
                flags::draw(sheet, stand, stem);
            }
        }
        if let Some(rest) = plan.rests[index] {
            rests::draw(sheet, stand, rest, xs[index], span);
        }
        if stand.chord().is_some() || plan.rests[index].is_some() {
            dots::draw(sheet, stand, plan.rests[index], xs[index]);
        }
        let levels = if beamed[index] { stand.event.beams.len() } else { stand.event.value.base.flags() };
        tremolos::draw(sheet, stand, all[index], levels, xs[index]);
        graces::draw(sheet, score, stand, xs[index], dialect);
    }
    for group in &groups {
        beams::draw(sheet, group, stands, &all);
    }
    for (index, stand) in stands.iter().enumerate() {
        articulations::draw(sheet, stand, all[index], xs[index]);
    }
    tuplets::draw(sheet, stands, &xs);
}
