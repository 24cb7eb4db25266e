// From the server's graph to boxes with places: what stands in each, which ways a
// transfer can be refused on, and where everything lies.
import { Graph as Sheet, layout } from "@dagrejs/dagre";
import type { Checked, Graph, GraphEdge, GraphNode } from "./calls";

export interface Box extends GraphNode {
  id: number;
  lines: string[];
  can: string[]; // statuses of the session there
  refused: boolean;
  x: number;
  y: number;
  width: number;
  height: number;
}

export interface Way extends GraphEdge {
  id: number;
  label: string; // the text of a CASE
  risk: boolean;
  points: Point[]; // from the edge of one box to that of the other
}

export interface Point {
  x: number;
  y: number;
}

export interface Drawing {
  boxes: Box[];
  ways: Way[];
}

const LINES_MAX = 4;
const LETTERS_MAX = 35;
const WIDTH = 300;
const LINE_HEIGHT = 19;
const CHIPS = { height: 22, letter: 6.5, beside: 18, room: WIDTH - 28, refused: 26 };
const SMALL = { width: 110, height: 36 };

// Rows that the statuses take, and the words that a transfer can be refused.
function chipRows(letters: readonly number[]): number {
  let [rows, x] = [0, Infinity];
  for (const count of letters) {
    const width = count * CHIPS.letter + CHIPS.beside;
    if (x + width > CHIPS.room) [rows, x] = [rows + 1, 0];
    x += width;
  }
  return rows;
}

// Lines that do something, without their comments.
function shownLines(source: readonly string[], node: GraphNode): string[] {
  const lines = source
    .slice(node.line - 1, node.lastLine)
    .map((line) => line.trim())
    .filter((line) => line !== "" && !line.startsWith("//"))
    .map((line) => (line.length > LETTERS_MAX ? `${line.slice(0, LETTERS_MAX - 1)}…` : line));
  return lines.length > LINES_MAX ? [...lines.slice(0, LINES_MAX - 1), "…"] : lines;
}

const isSmall = (node: GraphNode): boolean => node.kind === "start" || (node.kind === "end" && node.line === 0);

// The shortest ways from a start to a transfer that can be refused, on which the
// session can be what it is refused for.
function riskyEdges(graph: Graph, refused: ReadonlySet<number>, allows: (node: number) => boolean): Set<number> {
  const risky = new Set<number>();
  for (const target of refused) {
    const from = new Map<number, number>();
    const queue = graph.nodes.flatMap((node, i) => (node.kind === "start" ? [i] : []));
    const seen = new Set(queue);
    for (let at = queue.shift(); at !== undefined && at !== target; at = queue.shift()) {
      graph.edges.forEach((edge, i) => {
        if (edge.from !== at || seen.has(edge.to) || !allows(edge.to)) return;
        seen.add(edge.to);
        from.set(edge.to, i);
        queue.push(edge.to);
      });
    }
    for (let edge = from.get(target); edge !== undefined; edge = from.get(graph.edges[edge]?.from ?? -1)) risky.add(edge);
  }
  return risky;
}

export function draw(checked: Checked, text: string): Drawing {
  const { graph } = checked;
  if (graph === null) return { boxes: [], ways: [] };
  const source = text.split(/\r?\n/);
  const holds = (node: GraphNode, line: number): boolean => line >= node.line && line <= node.lastLine;
  const refusedLines = checked.findings.filter((finding) => finding.code === "transfer-refused").map((finding) => finding.line);
  const boxes = graph.nodes.map((node, id): Box => {
    const lines = node.kind === "start" ? [] : shownLines(source, node);
    const can = [...new Set((checked.statuses ?? []).filter((at) => holds(node, at.line)).flatMap((at) => at.can))];
    const refused = node.kind !== "start" && refusedLines.some((line) => holds(node, line));
    const rows = chipRows([...can.map((status) => status.length), ...(refused ? [CHIPS.refused] : [])]);
    const size = isSmall(node) ? SMALL : { width: WIDTH, height: 24 + LINE_HEIGHT * lines.length + CHIPS.height * rows };
    return { ...node, ...size, id, lines, can, refused, x: 0, y: 0 };
  });
  const refused = new Set(boxes.filter((box) => box.refused).map((box) => box.id));
  const risk = riskyEdges(graph, refused, (node) => {
    const box = boxes[node];
    return box === undefined || box.can.length === 0 || box.can.some((status) => status !== "idle" && status !== "queued");
  });
  const ways = graph.edges.map((edge, id): Way => ({ ...edge, id, label: edge.kind === "case" ? (source[edge.line - 1] ?? "").trim().replace(/\s*\{.*$/, "") : "", risk: risk.has(id), points: [] }));
  place(boxes, ways);
  return { boxes, ways };
}

function place(boxes: Box[], ways: readonly Way[]): void {
  const sheet = new Sheet({ multigraph: true });
  sheet.setGraph({ rankdir: "TB", nodesep: 36, ranksep: 44, marginx: 16, marginy: 16 });
  sheet.setDefaultEdgeLabel(() => ({}));
  for (const box of boxes) sheet.setNode(String(box.id), { width: box.width, height: box.height });
  // What goes round again would turn the picture upside down.
  for (const way of ways) {
    const width = way.kind === "next" ? 0 : Math.min(way.label.length || 4, 24) * 7;
    if (way.kind !== "again") sheet.setEdge(String(way.from), String(way.to), { width, height: width > 0 ? 16 : 0, labelpos: "c" }, String(way.id));
  }
  layout(sheet);
  for (const box of boxes) {
    const at = sheet.node(String(box.id)) as { x: number; y: number };
    box.x = at.x - box.width / 2;
    box.y = at.y - box.height / 2;
  }
  for (const way of ways) {
    if (way.kind === "again") way.points = roundAgain(boxes, way);
    else way.points = (sheet.edge(String(way.from), String(way.to), String(way.id)) as { points: Point[] }).points;
  }
}

// From a loop's last box back to its head, on the right of all that is between.
function roundAgain(boxes: readonly Box[], way: Way): Point[] {
  const [from, to] = [boxes[way.from], boxes[way.to]];
  if (from === undefined || to === undefined) return [];
  const right = (box: Box): number => box.x + box.width;
  const between = boxes.filter((box) => box.y >= to.y && box.y <= from.y);
  const x = Math.max(...between.map(right)) + 26;
  const [low, high] = [from.y + from.height / 2, to.y + to.height / 2];
  return [{ x: right(from), y: low }, { x, y: low }, { x, y: high }, { x: right(to), y: high }];
}
