// The flow beside the text: what was drawn, with the ways that end in a refusal.
import "@xyflow/react/dist/style.css";
import { BaseEdge, Controls, type Edge, EdgeLabelRenderer, type EdgeProps, Handle, MarkerType, type Node, type NodeProps, Position, ReactFlow, ReactFlowProvider, useReactFlow, useStore } from "@xyflow/react";
import { memo, useEffect, useMemo } from "react";
import type { Checked } from "./calls";
import { type Box, draw, type Drawing, type Point, type Way } from "./layout";
import type { StudioLanguage } from "./messages";

interface Props {
  checked: Checked | null;
  source: string;
  line: number;
  language: StudioLanguage;
  onGo: (line: number) => void;
}

type WayEdge = Edge<{ way: Way; text: string }, "way">;
type BoxNode = Node<{ box: Box; current: boolean; language: StudioLanguage }, "box">;

export function Flow(props: Props) {
  const { checked, language } = props;
  const { t } = language;
  // The text has gone on while the checker looks: what it has seen is drawn.
  const drawing = useMemo(() => (checked === null || checked.graph === null ? null : draw(checked, props.source)), [checked]);
  if (drawing === null) return <p className="faint">{t(checked === null ? "studio.findings.wait" : "studio.flow.broken")}</p>;
  return (
    <div className="flow" dir="ltr">
      {drawing.ways.some((way) => way.risk) && <p className="risk" dir="auto">{t("studio.flow.risk")}</p>}
      <ReactFlowProvider>
        <Sheet {...props} drawing={drawing} />
      </ReactFlowProvider>
    </div>
  );
}

function Sheet({ drawing, line, language, onGo }: Props & { drawing: Drawing }) {
  const { t } = language;
  const nodes = useMemo(() => drawing.boxes.map((box) => nodeOf(box, isAt(box, line), language)), [drawing, line, language]);
  const edges = useMemo(() => drawing.ways.map((way) => edgeOf(way, language)), [drawing, language]);
  return (
    <ReactFlow
      nodes={nodes}
      edges={edges}
      nodeTypes={nodeTypes}
      edgeTypes={edgeTypes}
      nodesDraggable={false}
      nodesConnectable={false}
      edgesFocusable={false}
      deleteKeyCode={null}
      minZoom={0.2}
      maxZoom={1.5}
      fitView
      fitViewOptions={{ maxZoom: 1, padding: 0.08 }}
      proOptions={{ hideAttribution: true }}
      aria-label={t("studio.flow.label")}
      onNodeClick={(_, node) => node.data.box.line > 0 && onGo(node.data.box.line)}
    >
      <Controls showInteractive={false} />
      <Refit drawing={drawing} />
    </ReactFlow>
  );
}

// Another shape, or in another width, is shown as a whole; another word in it leaves
// the view alone.
function Refit({ drawing }: { drawing: Drawing }) {
  const { fitView } = useReactFlow();
  const shape = drawing.boxes.length;
  const width = useStore((store) => store.width);
  useEffect(() => {
    const soon = requestAnimationFrame(() => void fitView({ maxZoom: 1, padding: 0.08 }));
    return () => cancelAnimationFrame(soon);
  }, [shape, width, fitView]);
  return null;
}

const isAt = (box: Box, line: number): boolean => box.line > 0 && box.kind !== "start" && line >= box.line && line <= box.lastLine;

function nodeOf(box: Box, current: boolean, language: StudioLanguage): BoxNode {
  return {
    id: String(box.id),
    type: "box",
    position: { x: box.x, y: box.y },
    width: box.width,
    height: box.height,
    data: { box, current, language },
    ariaLabel: nameOf(box, language),
  };
}

function nameOf(box: Box, { t }: StudioLanguage): string {
  if (box.kind === "start") return box.name === "" ? t("studio.flow.start") : box.name;
  if (box.kind === "end" && box.lines.length === 0) return t("studio.flow.end");
  return [t("studio.findings.line", { line: box.line }), ...box.lines, box.refused ? t("studio.flow.refused") : "", ...box.can].filter(Boolean).join(", ");
}

function edgeOf(way: Way, { t }: StudioLanguage): WayEdge {
  const words: Partial<Record<Way["kind"], string>> = { yes: t("studio.flow.yes"), no: t("studio.flow.no"), again: t("studio.flow.again"), done: t("studio.flow.done"), case: way.label };
  const colour = way.risk ? "var(--bad)" : "var(--faint)";
  return {
    id: String(way.id),
    source: String(way.from),
    target: String(way.to),
    type: "way",
    className: `way${way.risk ? " risk" : ""}`,
    data: { way, text: words[way.kind] ?? "" },
    markerEnd: { type: MarkerType.ArrowClosed, color: colour },
    focusable: false,
  };
}

const BoxView = memo(function BoxView({ data }: NodeProps<BoxNode>) {
  const { box, current, language } = data;
  const { t } = language;
  const ends = box.kind === "start" || (box.kind === "end" && box.lines.length === 0);
  return (
    <div className={`box ${box.kind}${current ? " current" : ""}${box.refused ? " refused" : ""}`}>
      <Handle type="target" position={Position.Top} isConnectable={false} />
      {ends ? <span>{nameOf(box, language)}</span> : <pre>{box.lines.join("\n")}</pre>}
      {box.can.length > 0 && (
        <p className="can">
          {box.can.map((status) => <span key={status} className={`status ${status}`}>{status}</span>)}
          {box.refused && <strong>{t("studio.flow.refused")}</strong>}
        </p>
      )}
      <Handle type="source" position={Position.Bottom} isConnectable={false} />
    </div>
  );
});

const CORNER = 8;

// A line through all points, round at its corners.
function pathOf(points: readonly Point[]): string {
  const [first, ...rest] = points;
  if (first === undefined) return "";
  let path = `M ${first.x} ${first.y}`;
  rest.forEach((point, i) => {
    const next = rest[i + 1];
    if (next === undefined) {
      path += ` L ${point.x} ${point.y}`;
      return;
    }
    const before = towards(point, points[i] ?? first);
    const after = towards(point, next);
    path += ` L ${before.x} ${before.y} Q ${point.x} ${point.y} ${after.x} ${after.y}`;
  });
  return path;
}

function towards(from: Point, to: Point): Point {
  const length = Math.hypot(to.x - from.x, to.y - from.y) || 1;
  const share = Math.min(CORNER / length, 0.5);
  return { x: from.x + (to.x - from.x) * share, y: from.y + (to.y - from.y) * share };
}

const WayView = memo(function WayView({ id, data, markerEnd }: EdgeProps<WayEdge>) {
  const points = data?.way.points ?? [];
  const middle = data?.way.kind === "again" ? towards(points[1] ?? { x: 0, y: 0 }, points[2] ?? { x: 0, y: 0 }) : points[Math.floor(points.length / 2)];
  return (
    <>
      <BaseEdge id={id} path={pathOf(points)} {...(markerEnd ? { markerEnd } : {})} />
      {data?.text && middle && (
        <EdgeLabelRenderer>
          <span className="way-label" style={{ transform: `translate(-50%, -50%) translate(${middle.x}px, ${middle.y}px)` }}>{data.text}</span>
        </EdgeLabelRenderer>
      )}
    </>
  );
});

const nodeTypes = { box: BoxView };
const edgeTypes = { way: WayView };
