use candle_core::Device;

use super::super::emulator::needs_emulator;
use super::super::testing::{close, device, random};
use super::*;
use crate::kernels::attention::{self as twin, Block, Member, Siblings};
use crate::kernels::host::host;

/// A segment of a forest: what it continues, tokens that its node has from earlier passes, tokens.
struct Shape {
    parent: Option<usize>,
    earlier: usize,
    tokens: usize,
    /// Whether its keys are cached, and it has no queries.
    cached: bool,
}

/// Shapes, and where their keys lie: stretches for the kernel, blocks for the twin.
struct Forest {
    shapes: Vec<Shape>,
    /// Position of each shape's first own token, and its first packed row.
    places: Vec<(usize, usize)>,
}

impl Forest {
    fn new(shapes: Vec<Shape>) -> Self {
        let (mut places, mut row): (Vec<(usize, usize)>, _) = (vec![], 0);
        for shape in &shapes {
            let end = |parent: usize| places[parent].0 + shapes[parent].tokens;
            places.push((shape.parent.map_or(0, end) + shape.earlier, row));
            row += if shape.cached { 0 } else { shape.tokens };
        }
        Self { shapes, places }
    }

    fn rows(&self) -> usize {
        self.shapes.iter().filter(|shape| !shape.cached).map(|shape| shape.tokens).sum()
    }

    /// Lengths of the cached blocks: earlier tokens, and whole shapes.
    fn cached(&self) -> Vec<usize> {
        let each = |shape: &Shape| match shape.cached {
            true => shape.tokens,
            false => shape.earlier,
        };
        self.shapes.iter().map(each).filter(|&tokens| tokens > 0).collect()
    }

    fn own(&self, index: usize) -> Stretch {
        let (shape, (start, row)) = (&self.shapes[index], self.places[index]);
        match shape.cached {
            true => Stretch { block: self.block(index), row: 0, keys: shape.tokens, start },
            false => Stretch { block: 0, row, keys: shape.tokens, start },
        }
    }

    fn earlier(&self, index: usize) -> Option<Stretch> {
        let (shape, (start, _)) = (&self.shapes[index], self.places[index]);
        let (keys, block) = (shape.earlier, self.block(index));
        (keys > 0).then(|| Stretch { block, row: 0, keys, start: start - keys })
    }

    /// The number of a shape's cached block.
    fn block(&self, index: usize) -> usize {
        let has = |shape: &&Shape| shape.cached || shape.earlier > 0;
        self.shapes[..=index].iter().filter(has).count()
    }

    fn siblings(&self) -> Vec<Siblings<Stretch>> {
        let mut families: Vec<(Option<usize>, Siblings<Stretch>)> = vec![];
        for (index, shape) in self.shapes.iter().enumerate().filter(|(_, shape)| !shape.cached) {
            let place = families.iter().position(|(parent, _)| *parent == shape.parent);
            let place = place.unwrap_or_else(|| {
                let ancestors = self.ancestors(shape.parent);
                families.push((shape.parent, Siblings { ancestors, members: vec![] }));
                families.len() - 1
            });
            let (start, first) = self.places[index];
            let (earlier, own) = (self.earlier(index).into_iter().collect(), self.own(index));
            let member = Member { earlier, own, start, first, tokens: shape.tokens };
            families[place].1.members.push(member);
        }
        families.into_iter().map(|(_, family)| family).collect()
    }

    fn ancestors(&self, mut next: Option<usize>) -> Vec<Stretch> {
        let mut found = vec![];
        while let Some(index) = next {
            found.push(self.own(index));
            found.extend(self.earlier(index));
            next = self.shapes[index].parent;
        }
        found
    }
}

fn shape(parent: Option<usize>, tokens: usize) -> Shape {
    Shape { parent, earlier: 0, tokens, cached: false }
}

/// The kernel and its twin on the same rounded numbers.
fn compare(forest: &Forest, heads: Heads, sinks: Option<&Tensor>) -> Result<()> {
    let rounded =
        |rows: usize, width: usize, seed: u32| random(&[rows, width], seed)?.to_dtype(DType::BF16);
    let (rows, width) = (forest.rows(), heads.kv * heads.key_dim);
    let q = rounded(rows, heads.query * heads.key_dim, 1)?;
    let (k, v) = (rounded(rows, width, 2)?, rounded(rows, width, 3)?);
    let mut cached = vec![];
    for (seed, keys) in (10..).step_by(2).zip(forest.cached()) {
        cached.push((rounded(keys, width, seed)?, rounded(keys, width, seed + 1)?));
    }
    let plan = Plan::new(&device(), &forest.siblings(), heads)?;
    let blocks: Vec<(&Tensor, &Tensor)> = cached.iter().map(|(k, v)| (k, v)).collect();
    let ours = attend(&q, (&k, &v), &blocks, &plan, heads, sinks)?;

    let exact = |x: &Tensor| x.to_device(&Device::Cpu)?.to_dtype(DType::F32);
    let mut blocks = vec![(exact(&k)?, exact(&v)?)];
    for (k, v) in &cached {
        blocks.push((exact(k)?, exact(v)?));
    }
    let blocks: Vec<_> =
        blocks.iter().map(|(k, v)| Ok((host(k)?, host(v)?))).collect::<Result<_>>()?;
    let block = |stretch: &Stretch| {
        let (k, v) = &blocks[stretch.block];
        let numbers = stretch.row * width..(stretch.row + stretch.keys) * width;
        Block { k: &k[numbers.clone()], v: &v[numbers], start: stretch.start }
    };
    let all = |stretches: &[Stretch]| stretches.iter().map(block).collect::<Vec<_>>();
    let member = |m: &Member<Stretch>| Member {
        earlier: all(&m.earlier),
        own: block(&m.own),
        start: m.start,
        first: m.first,
        tokens: m.tokens,
    };
    let family = |family: &Siblings<Stretch>| Siblings {
        ancestors: all(&family.ancestors),
        members: family.members.iter().map(member).collect(),
    };
    let families: Vec<_> = forest.siblings().iter().map(family).collect();
    let (q, sinks) = (exact(&q)?, sinks.map(exact).transpose()?);
    let sinks = sinks.as_ref().map(host).transpose()?;
    let expected = twin::attend(&host(&q)?, &families, heads, sinks.as_deref());
    close(&ours, &expected, 1.0 / 128.0);
    Ok(())
}

fn heads(query: usize, kv: usize, dim: usize) -> Heads {
    let scale = (dim as f32).powf(-0.5);
    Heads { query, kv, key_dim: dim, value_dim: dim, scale, window: None }
}

/// A trunk from the cache, a family in the pass below it, branches long and short, an appended node.
fn forest() -> Forest {
    Forest::new(vec![
        Shape { parent: None, earlier: 0, tokens: 75, cached: true },
        shape(Some(0), 40),
        shape(Some(1), 3),
        shape(Some(1), 1),
        shape(Some(1), 90),
        Shape { parent: Some(0), earlier: 70, tokens: 2, cached: false },
        shape(Some(0), 5),
        shape(None, 65),
    ])
}

#[test]
fn a_forest_is_attended_as_on_the_cpu() -> Result<()> {
    needs_emulator!();
    for (query, kv, dim) in [(4, 2, 64), (8, 1, 128), (3, 1, 64)] {
        compare(&forest(), heads(query, kv, dim), None)?;
    }
    Ok(())
}

#[test]
fn windows_and_sinks_count_in_every_tile() -> Result<()> {
    needs_emulator!();
    let sinks = Tensor::new(&[0.7f32, 3.0, -1.0, 0.0], &device())?;
    for window in [1, 30, 200] {
        let heads = Heads { window: Some(window), ..heads(4, 2, 64) };
        compare(&forest(), heads, Some(&sinks))?;
        compare(&forest(), heads, None)?;
    }
    Ok(())
}

#[test]
fn steps_of_generation_fill_small_tiles() -> Result<()> {
    needs_emulator!();
    let step = |earlier| Shape { parent: None, earlier, tokens: 1, cached: false };
    let forest = Forest::new([1, 63, 64, 130].map(step).into());
    for (query, kv, dim) in [(8, 1, 128), (2, 2, 64)] {
        let heads = heads(query, kv, dim);
        assert_eq!(Plan::new(&device(), &forest.siblings(), heads)?.matrices, 1);
        compare(&forest, heads, None)?;
    }
    Ok(())
}

#[test]
fn other_heads_and_types_are_refused() -> Result<()> {
    assert!(attends(DType::BF16, heads(64, 1, 128)));
    assert!(!attends(DType::BF16, heads(65, 1, 128)) && !attends(DType::F32, heads(8, 1, 128)));
    let uneven = Heads { value_dim: 128, ..heads(4, 1, 64) };
    assert!(!attends(DType::BF16, uneven) && !attends(DType::BF16, heads(4, 1, 96)));
    let x = random(&[2, 64], 1)?;
    let plan = Plan::new(&device(), &[], heads(1, 1, 64))?;
    assert!(attend(&x, (&x, &x), &[], &plan, heads(1, 1, 64), None).is_err());
    Ok(())
}
