// Decision fields: uint8 probabilities on a square of cells, frame by frame, blended, drawn and compared.

const REACH = 1.5; // the maps show the square from -REACH to REACH
const CLASS_COLOURS = [[0, 150, 130], [138, 82, 190], [178, 150, 0], [200, 90, 120]];

// A film as sent -> one Float32Array (classes * side * side) a frame, probabilities from 0 to 1.
function fieldsOf(film, classes) {
  const bytes = Uint8Array.from(atob(film.fields), (letter) => letter.charCodeAt(0));
  const cells = film.side * film.side;
  return film.steps.map((_, frame) => {
    const field = new Float32Array(classes * cells).fill(0);
    for (let cell = 0; cell < cells; cell++) {
      let rest = 255;
      for (let c = 1; c < classes; c++) {
        const value = bytes[(frame * (classes - 1) + c - 1) * cells + cell];
        field[c * cells + cell] = value / 255;
        rest -= value;
      }
      field[cell] = Math.max(0, rest) / 255;
    }
    return field;
  });
}

// The field between two frames: position 3.25 is a quarter of the way from frame 3 to frame 4.
function fieldAt(fields, position) {
  const from = Math.min(Math.floor(position), fields.length - 1);
  const share = position - from;
  if (share === 0 || from + 1 >= fields.length) return fields[from];
  return blended(fields[from], fields[from + 1], share);
}

function blended(one, other, share) {
  return one.map((value, i) => value + share * (other[i] - value));
}

// How far the likeliest class but ``c`` is behind class ``c``, in every cell: zero on the boundary of c.
function leadOf(field, c, classes, cells) {
  const lead = new Float32Array(cells);
  for (let cell = 0; cell < cells; cell++) {
    let best = 0;
    for (let other = 0; other < classes; other++) {
      if (other !== c) best = Math.max(best, field[other * cells + cell]);
    }
    lead[cell] = field[c * cells + cell] - best;
  }
  return lead;
}

function saidBy(field, classes, cells, cell) {
  let best = 0;
  for (let c = 1; c < classes; c++) if (field[c * cells + cell] > field[best * cells + cell]) best = c;
  return best;
}

// Percent of the square on which two fields say different classes.
function unlike(one, other, classes, cells) {
  let different = 0;
  for (let cell = 0; cell < cells; cell++) {
    if (saidBy(one, classes, cells, cell) !== saidBy(other, classes, cells, cell)) different++;
  }
  return (100 * different) / cells;
}

// The class that a field says at a place of the plane.
function saidAt(field, classes, side, [x, y]) {
  const place = (value) => Math.min(side - 1, Math.max(0, Math.floor(((value + REACH) / (2 * REACH)) * side)));
  return saidBy(field, classes, side * side, place(-y) * side + place(x));
}

function paintField(pen, size, field, classes, side, paper) {
  const cells = side * side;
  const small = (paintField.small ??= document.createElement("canvas"));
  small.width = small.height = side;
  const context = small.getContext("2d");
  const image = context.createImageData(side, side);
  for (let cell = 0; cell < cells; cell++) {
    for (let channel = 0; channel < 3; channel++) {
      let mixed = 0;
      for (let c = 0; c < classes; c++) mixed += field[c * cells + cell] * CLASS_COLOURS[c % 4][channel];
      image.data[4 * cell + channel] = 0.42 * mixed + 0.58 * paper[channel];
    }
    image.data[4 * cell + 3] = 255;
  }
  context.putImageData(image, 0, 0);
  pen.imageSmoothingEnabled = true;
  pen.drawImage(small, 0, 0, size, size);
}

// The boundaries as lines: marching squares over the cells' centres.
function boundaryPath(field, classes, side, size) {
  const cells = side * side;
  const path = new Path2D();
  const scale = size / side;
  for (let c = classes > 2 ? 0 : 1; c < classes; c++) {
    const lead = leadOf(field, c, classes, cells);
    for (let row = 0; row + 1 < side; row++) {
      for (let column = 0; column + 1 < side; column++) crossings(path, lead, side, scale, row, column);
    }
  }
  return path;
}

function crossings(path, lead, side, scale, row, column) {
  const corner = (dy, dx) => lead[(row + dy) * side + column + dx];
  const found = [];
  for (const [ay, ax, by, bx] of [[0, 0, 0, 1], [0, 1, 1, 1], [1, 1, 1, 0], [1, 0, 0, 0]]) {
    const a = corner(ay, ax);
    const b = corner(by, bx);
    if (a > 0 === b > 0) continue;
    const share = a / (a - b);
    found.push([column + ax + share * (bx - ax) + 0.5, row + ay + share * (by - ay) + 0.5]);
  }
  for (let i = 0; i + 1 < found.length; i += 2) {
    path.moveTo(found[i][0] * scale, found[i][1] * scale);
    path.lineTo(found[i + 1][0] * scale, found[i + 1][1] * scale);
  }
}
