import { Button } from '@mantine/core';
import { useLayoutEffect, useMemo, useRef, useState } from 'react';
import { PathLink } from '@/components/path-link';
import { StatusMark } from '@/components/status-badge';
import { LAYERS, stateOf, wordOf, type Edge, type Node, type Topology } from '../api';
import classes from './topology.module.css';

interface Line extends Edge {
  d: string;
}

function Box({ node, on }: { node: Node; on: string }) {
  const inside = (
    <>
      <span className={classes.name}>
        <StatusMark state={stateOf(node)} label={wordOf(node)} />
        <span className={classes.text} title={node.name}>
          {node.name}
        </span>
      </span>
      <span className={classes.detail}>{node.detail}</span>
      {on !== '' && <span className={classes.on}>on {on}</span>}
      {(node.alerts.length > 0 || node.missing_since !== null) && (
        <span className={classes.trouble}>{wordOf(node)}</span>
      )}
    </>
  );
  return (
    <div
      className={classes.box}
      data-node={node.id}
      data-side={node.side}
      data-state={stateOf(node)}
    >
      {node.path !== null && node.side !== 'here' ? (
        <PathLink path={node.path} className={classes.link}>
          {inside}
        </PathLink>
      ) : (
        inside
      )}
    </div>
  );
}

/** Measures where the boxes stand, and draws a curve from what carries to what is carried. */
function useLines(edges: readonly Edge[]) {
  const frame = useRef<HTMLDivElement>(null);
  const [lines, setLines] = useState<readonly Line[]>([]);
  useLayoutEffect(() => {
    const element = frame.current;
    if (element === null) return undefined;
    const measure = () => {
      const origin = element.getBoundingClientRect();
      const boxes = new Map<string, DOMRect>();
      for (const box of element.querySelectorAll<HTMLElement>('[data-node]'))
        boxes.set(box.dataset.node ?? '', box.getBoundingClientRect());
      setLines(
        edges.flatMap((edge) => {
          const low = boxes.get(edge.target_id);
          const high = boxes.get(edge.source_id);
          if (low === undefined || high === undefined) return [];
          const x1 = low.right - origin.left;
          const y1 = low.top + low.height / 2 - origin.top;
          const x2 = high.left - origin.left;
          const y2 = high.top + high.height / 2 - origin.top;
          const bend = Math.max(16, (x2 - x1) / 2);
          return [
            { ...edge, d: `M${x1} ${y1} C${x1 + bend} ${y1} ${x2 - bend} ${y2} ${x2} ${y2}` },
          ];
        }),
      );
    };
    measure();
    const watcher = new ResizeObserver(measure);
    watcher.observe(element);
    return () => watcher.disconnect();
  }, [edges]);
  return { frame, lines };
}

function layersOf(nodes: readonly Node[]): (readonly [string, readonly Node[]])[] {
  const named = LAYERS.map(
    ([kind, label]) => [label, nodes.filter((one) => one.kind === kind)] as const,
  );
  const known = new Set(LAYERS.map(([kind]) => kind));
  const others = nodes.filter((one) => !known.has(one.kind));
  return [...named, ['Others', others] as const].filter(([, those]) => those.length > 0);
}

function groundsOf({ nodes, edges }: Topology): Map<string, string[]> {
  const names = new Map(nodes.map((node) => [node.id, node.name]));
  const found = new Map<string, string[]>();
  for (const { source_id, target_id, kind } of edges) {
    const name = names.get(target_id);
    if (kind === 'stands_on' && name !== undefined)
      found.set(source_id, [...(found.get(source_id) ?? []), name]);
  }
  return found;
}

// More boxes of one layer cannot be told apart; those in trouble are always shown.
const MOST = 12;

interface LayerProps {
  label: string;
  nodes: readonly Node[];
  /** What a thing stands on, in words: a phone has no room for lines. */
  grounds: ReadonlyMap<string, readonly string[]>;
}

/** The first of what a thing stands on, and how many more there are. */
const named = (names: readonly string[] = []) => {
  const [first = '', second, ...rest] = names;
  if (second === undefined) return first;
  return rest.length > 0 ? `${first}, ${second} and ${rest.length} more` : `${first} and ${second}`;
};

function Layer({ label, nodes, grounds }: LayerProps) {
  const [showsAll, setShowsAll] = useState(false);
  const canFold = nodes.length > MOST && !showsAll;
  const isTold = (node: Node) => node.side === 'here' || stateOf(node) !== 'ok';
  const told = nodes.filter(isTold);
  const well = nodes.filter((node) => !isTold(node));
  const room = canFold ? Math.max(0, MOST - told.length) : well.length;
  const kept = new Set([...told, ...well.slice(0, room)]);
  return (
    <section className={classes.layer} aria-label={label}>
      <h3 className={classes.heading}>
        {nodes.length > MOST ? `${label} (${nodes.length})` : label}
      </h3>
      {nodes
        .filter((node) => kept.has(node))
        .map((node) => (
          <Box key={node.id} node={node} on={named(grounds.get(node.id))} />
        ))}
      {well.length > room && (
        <Button size="xs" variant="default" onClick={() => setShowsAll(true)}>
          {well.length - room} more, all well
        </Button>
      )}
    </section>
  );
}

/** What stands on what, from left to right; on a phone one layer below the other. */
export function TopologyDrawing({ topology }: { topology: Topology }) {
  const { frame, lines } = useLines(topology.edges);
  const grounds = useMemo(() => groundsOf(topology), [topology]);
  const troubled = new Set(
    topology.nodes.filter((one) => one.severity === 'critical').map((one) => one.id),
  );
  return (
    <div className={classes.scroll} role="group" aria-label="What stands on what" tabIndex={0}>
      <div className={classes.frame} ref={frame}>
        <svg className={classes.lines} aria-hidden>
          {lines.map((line) => (
            <path
              key={`${line.source_id}-${line.target_id}-${line.kind}`}
              d={line.d}
              data-kind={line.kind}
              data-state={
                troubled.has(line.target_id) && troubled.has(line.source_id) ? 'critical' : 'ok'
              }
            />
          ))}
        </svg>
        {layersOf(topology.nodes).map(([label, nodes]) => (
          <Layer key={label} label={label} nodes={nodes} grounds={grounds} />
        ))}
      </div>
    </div>
  );
}
