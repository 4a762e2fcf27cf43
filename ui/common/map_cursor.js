// A map's squares by arrow keys: one stop of the Tab key, a frame round the square in question, Enter opens it.
// Where the squares lie is Plotly's own arithmetic, so that the frame follows zoom and resizing.

const STEPS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const plain = (text) => (text ?? "").replace(/<br>/g, ", ").replace(/<[^>]*>/g, "");

function bindCursor(element, state, Plotly) {
  const frame = document.createElement("div");
  frame.setAttribute("aria-live", "polite");
  frame.className = "map-cursor";
  Object.assign(frame.style, { position: "absolute", pointerEvents: "none", boxSizing: "border-box", display: "none",
    border: "3px solid #111", outline: "2px solid #fff", borderRadius: "3px", color: "transparent", fontSize: "1px", overflow: "hidden" });
  element.style.position = "relative";
  element.tabIndex = 0;
  element.setAttribute("role", "application");
  element.setAttribute("aria-roledescription", "heatmap");
  const show = () => drawCursor(element, state, frame, Plotly);
  element.addEventListener("focus", show);
  element.addEventListener("blur", () => { frame.style.display = "none"; Plotly.Fx?.unhover(element); });
  element.addEventListener("keydown", (event) => {
    const { columns, rows } = state.layout.meta;
    const [x, y] = state.spot;
    if (event.key in STEPS) {
      const [right, down] = STEPS[event.key];
      state.spot = [Math.min(columns - 1, Math.max(0, x + right)), Math.min(rows - 1, Math.max(0, y + down))];
    } else if (event.key === "Home" || event.key === "End") state.spot = [event.key === "Home" ? 0 : columns - 1, y];
    else if (event.key === "Enter" || event.key === " ") state.send("click", { x, y, z: null });
    else return;
    event.preventDefault();
    show();
  });
  return show;
}

// The squares of the figure as it stands, and where the cursor is: where the chosen one is, until it was moved.
function placeCursor(state) {
  const { columns, rows, at } = state.layout.meta;
  const key = JSON.stringify([columns, rows, at]);
  if (state.spotKey !== key) state.spot = at ?? state.spot ?? [columns >> 1, rows >> 1];
  state.spotKey = key;
  state.spot = [Math.min(columns - 1, state.spot[0]), Math.min(rows - 1, state.spot[1])];
}

function drawCursor(element, state, frame, Plotly) {
  const [x, y] = state.spot;
  const map = state.figure.data.findIndex((trace) => trace.type === "heatmap");
  const said = plain(state.figure.data[map].hovertext?.[y]?.[x]);
  element.setAttribute("aria-label", `${described(state.layout)}. Now at ${said}. Arrow keys move, Enter opens the cell.`);
  if (document.activeElement !== element) return;
  const { xaxis, yaxis } = element._fullLayout;
  const [wide, high] = [Math.abs(xaxis.c2p(1) - xaxis.c2p(0)), Math.abs(yaxis.c2p(1) - yaxis.c2p(0))];
  if (!frame.isConnected) element.append(frame);
  frame.textContent = said;
  Object.assign(frame.style, { display: "block", width: `${wide}px`, height: `${high}px`,
    left: `${xaxis._offset + xaxis.c2p(x) - wide / 2}px`, top: `${yaxis._offset + yaxis.c2p(y) - high / 2}px` });
  try { Plotly.Fx.hover(element, [{ curveNumber: map, pointNumber: [y, x] }]); } catch { /* the frame and the label say it too */ }
}
