//! [`Step`]: what layers read and leave behind while a pass runs.

use candle_core::{Result, Tensor};

use super::{Additions, Pass, PassSegment};
use crate::cache::{Added, KeyBlock, ScanState};
use crate::ops::{Angles, Decision, all_finite, finite_rows, on_host};
use crate::{MoeLayer, Place, RoutingObserver};

/// The running state of one pass.
pub(crate) struct Step<'a> {
    pub(crate) pass: &'a Pass,
    /// The rotations of every packed row; none in models that do not rotate.
    pub(crate) angles: Vec<Angles>,
    added: Additions,
    /// Where a segment first held a number that is not finite.
    non_finite: Vec<Option<Place>>,
    /// What is still to be asked of a device: which rows are finite at which place.
    unseen: Vec<(Place, Tensor)>,
    /// The rows of stored segments, on a device: the same in every layer.
    stored_rows: Option<Tensor>,
    observer: &'a mut dyn RoutingObserver,
}

impl<'a> Step<'a> {
    pub(crate) fn new(
        pass: &'a Pass,
        slots: usize,
        angles: Vec<Angles>,
        observer: &'a mut dyn RoutingObserver,
    ) -> Self {
        let segments = pass.segments.len();
        let added = vec![vec![Added::Nothing; slots]; segments];
        Self {
            pass,
            angles,
            added,
            non_finite: vec![None; segments],
            unseen: vec![],
            stored_rows: None,
            observer,
        }
    }

    /// Shows a decision to the observer, or lets its counter add one that is on a device.
    pub(crate) fn observe(&mut self, layer: MoeLayer, decision: &Decision) -> Result<()> {
        if !self.observer.wants_routing() {
            return Ok(());
        }
        match (decision, self.observer.counter()) {
            (Decision::Host(decision), _) => self.observer.observe(layer, decision),
            (Decision::Device(decision), Some(counter)) => counter.add(layer, &decision.routed)?,
            (Decision::Device(decision), None) => {
                self.observer.observe(layer, &decision.to_host()?);
            }
        }
        Ok(())
    }

    /// Notes, for every segment, whether `x` (`[rows, hidden]`) is still finite at `place`.
    ///
    /// A device is asked once, when the pass is over: to ask it now would be to wait for it.
    pub(crate) fn check_finite(&mut self, place: Place, x: &Tensor) -> Result<()> {
        if !on_host(x) {
            self.unseen.push((place, finite_rows(x)?));
            return Ok(());
        }
        for (segment, seen) in self.pass.segments.iter().zip(&mut self.non_finite) {
            if seen.is_none() && !all_finite(x, segment.rows.clone())? {
                *seen = Some(place);
            }
        }
        Ok(())
    }

    /// Asks the device what was not finite.
    fn see_finite(&mut self) -> Result<()> {
        let (places, rows): (Vec<Place>, Vec<Tensor>) = self.unseen.drain(..).unzip();
        if places.is_empty() {
            return Ok(());
        }
        let finite: Vec<Vec<u8>> = Tensor::stack(&rows, 0)?.to_vec2()?;
        for (segment, seen) in self.pass.segments.iter().zip(&mut self.non_finite) {
            let whole = |rows: &Vec<u8>| rows[segment.rows.clone()].iter().all(|&row| row == 1);
            if let Some(place) = finite.iter().position(|rows| !whole(rows)) {
                *seen = Some(places[place]);
            }
        }
        Ok(())
    }

    /// Notes that one segment is not finite at `place`.
    pub(crate) fn mark_non_finite(&mut self, segment: usize, place: Place) {
        self.non_finite[segment].get_or_insert(place);
    }

    /// Keeps the keys and values of stored segments.
    ///
    /// On a device, where each copy costs a launch, the blocks of a pass are rows of one tensor: the
    /// packed one if all of it is stored.
    pub(crate) fn store_keys(&mut self, slot: usize, k: &Tensor, v: &Tensor) -> Result<()> {
        if !on_host(k) {
            return self.store_shared_keys(slot, k, v);
        }
        for (segment, added) in self.pass.segments.iter().zip(&mut self.added) {
            if segment.stored {
                let block = KeyBlock::whole(rows(k, segment)?, rows(v, segment)?);
                added[slot] = Added::Keys(block);
            }
        }
        Ok(())
    }

    fn store_shared_keys(&mut self, slot: usize, k: &Tensor, v: &Tensor) -> Result<()> {
        let pass = self.pass;
        let stored = || pass.segments.iter().filter(|segment| segment.stored);
        let (k, v) = match stored().map(|segment| segment.rows.len()).sum() {
            0 => return Ok(()),
            all if all == pass.tokens.len() => (k.contiguous()?, v.contiguous()?),
            _ => {
                let rows = match &mut self.stored_rows {
                    Some(rows) => rows,
                    none => {
                        let rows = stored().flat_map(|segment| segment.rows.clone());
                        let rows: Vec<u32> = rows.map(|row| row as u32).collect();
                        none.insert(Tensor::new(rows, k.device())?)
                    }
                };
                (k.index_select(rows, 0)?, v.index_select(rows, 0)?)
            }
        };
        let mut end = 0;
        for (segment, added) in self.pass.segments.iter().zip(&mut self.added) {
            if segment.stored {
                let rows = end..end + segment.rows.len();
                end = rows.end;
                added[slot] = Added::Keys(KeyBlock { k: k.clone(), v: v.clone(), rows });
            }
        }
        Ok(())
    }

    /// Keeps the recurrent state of a stored segment.
    pub(crate) fn store_scan(&mut self, slot: usize, segment: usize, state: ScanState) {
        if self.pass.segments[segment].stored {
            self.added[segment][slot] = Added::Scan(state);
        }
    }

    /// What layers added, and where segments were not finite, after waiting for a device.
    pub(crate) fn finish(mut self) -> Result<(Additions, Vec<Option<Place>>)> {
        self.see_finite()?;
        Ok((self.added, self.non_finite))
    }
}

/// A copy of a segment's rows, so that the packed matrix can be dropped.
fn rows(x: &Tensor, segment: &PassSegment) -> Result<Tensor> {
    x.narrow(0, segment.rows.start, segment.rows.len())?.force_contiguous()
}
