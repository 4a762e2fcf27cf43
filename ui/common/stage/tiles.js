// The three numbers above a picture, what their marks mean, and a chart's own help.

// What the marks on the tiles mean; a word with a meaning shows it on hover and on focus.
function legend(terms, humps, band, retrained) {
  const row = html("div", "stage-legend");
  const mark = (draw, ...text) => {
    const one = html("span", "stage-mark");
    const picture = svg("svg", { width: 18, height: 12, "aria-hidden": "true" });
    picture.append(draw);
    one.append(picture, ...text);
    row.append(one);
  };
  mark(svg("circle", { cx: 9, cy: 6, r: 4, fill: "none", stroke: "currentColor", "stroke-width": 1.5 }), "before");
  mark(svg("circle", { cx: 9, cy: 6, r: 5, fill: COLOURS.forget }), "now");
  if (retrained) mark(svg("line", { x1: 9, x2: 9, y1: 0, y2: 12, stroke: COLOURS.retrained, "stroke-width": 2, "stroke-dasharray": "3 2" }), term(terms, "retrained"));
  if (band) mark(svg("rect", { x: 0, width: 18, y: 1, height: 10, rx: 3, class: "stage-band" }), term(terms, "chance range"));
  if (humps) {
    const words = [html("span", "stage-mark stage-words", "% "), html("span", "stage-mark stage-words")];
    words[0].append(term(terms, "in common"), ": overlap of the humps");
    words[1].append(term(terms, "loss", "term-left"), " in ", term(terms, "nats", "term-left"));
    row.append(...words);
  }
  return row;
}

function term(terms, word, more = "") {
  const one = html("span", `term ${more}`, word);
  Object.assign(one.dataset, { meaning: terms[word] });
  one.tabIndex = 0;
  one.setAttribute("aria-label", `${word}: ${terms[word]}`);
  return one;
}

// A number as "69.7 → 52.3%" over a bar on which the chance range, the retrained model, before and now lie. away: the
// run has ended, and the playhead is elsewhere: the end's number is said as well, since the headline is of the end.
function gauge(one, now, w, damaged, atEnd, away) {
  const decides = atEnd && one.decides;
  const box = html("div", decides ? "stage-gauge stage-decides" : "stage-gauge");
  const inside = one.band && now !== null && now >= one.band[0] && now <= one.band[1];
  const title = html("div", "stage-gauge-title");
  title.append(html("span", "", one.title));
  if (away && one.now !== null) title.append(html("span", "stage-at-end", ` at end ${one.now.toFixed(1)}`));
  const big = html("div", "stage-gauge-value");
  const tone = damaged ? (one.key === "test_accuracy" ? "stage-broken" : "") : one.band ? (inside && !decides ? "stage-in" : "stage-out") : "";
  const is = html("span", "stage-is");
  is.append(html("span", tone, now === null ? "–" : now.toFixed(1)), html("span", "stage-unit", one.unit));
  big.append(html("span", "stage-was", `${one.before === null ? "–" : one.before.toFixed(1)} → `), is);
  box.append(title, big, bar(one, now, w), html("div", "stage-gauge-note", one.note));
  if (decides) box.append(html("div", "stage-gauge-note stage-why", one.decides));
  return box;
}

function bar(one, now, w) {
  const x = (value) => 6 + ((Math.min(one.high, Math.max(one.low, value)) - one.low) / (one.high - one.low)) * (w - 12);
  const root = svg("svg", { width: w, height: 16, "aria-hidden": "true" });
  root.append(svg("line", { x1: 6, x2: w - 6, y1: 8, y2: 8, class: "stage-grid", "stroke-width": 2 }));
  if (one.band) root.append(svg("rect", { x: x(one.band[0]), width: Math.max(2, x(one.band[1]) - x(one.band[0])), y: 2, height: 12, rx: 3, class: "stage-band" }));
  if (one.retrained !== null) root.append(svg("line", { x1: x(one.retrained), x2: x(one.retrained), y1: 0, y2: 16, stroke: COLOURS.retrained, "stroke-width": 2, "stroke-dasharray": "3 2" }));
  if (one.before !== null) root.append(svg("circle", { cx: x(one.before), cy: 8, r: 4, fill: "none", stroke: "currentColor", "stroke-width": 1.5 }));
  if (now !== null) root.append(svg("circle", { cx: x(now), cy: 8, r: 5.5, fill: COLOURS.forget }));
  return root;
}

// A chart in a frame that stays while the chart is drawn anew, with the chart's help in its corner; null for none.
function framed(help) {
  const frame = html("div", "stage-frame");
  const chart = html("div");
  frame.append(chart);
  if (help) {
    const mark = html("span", "term term-left stage-help", "?");
    mark.dataset.meaning = help;
    mark.tabIndex = 0;
    mark.setAttribute("aria-label", help);
    frame.append(mark);
  }
  frame.show = (drawn) => chart.replaceChildren(drawn);
  return frame;
}
