// Every text whose contrast with what lies behind it is under 4.5:1, or under 3:1 where it is large (WCAG 2.2), worst first.
// Left out: what is disabled, names of icons, a slider's value (it lies above its knob, not on it), and numbers on a
// chart's squares, since what lies behind those is no element's background.
() => {
  const SKIP = "script, style, noscript, svg[aria-hidden=true], .map-cursor, [data-testid=stSliderThumbValue], .scatterlayer, :disabled, "
    + "[aria-disabled=true], [data-testid=stIconMaterial]";
  const parsed = (text) => {
    const numbers = (text.match(/[\d.]+/g) ?? []).map(Number);
    if (numbers.length < 3) return null;
    const scale = text.startsWith("color(") ? 255 : 1;
    return [...numbers.slice(0, 3).map((value) => value * scale), numbers[3] ?? 1];
  };
  const over = (one, below) => [0, 1, 2].map((i) => one[i] * one[3] + below[i] * (1 - one[3]));
  const light = (colour) => {
    const [r, g, b] = colour.map((value) => (value / 255 <= 0.03928 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  // What lies behind an element and how much of it shows through, asked once of each: thousands of texts share ancestors.
  const known = new Map();
  const ground = (element) => {
    if (!element) return { colour: [255, 255, 255], opacity: 1 };
    if (!known.has(element)) {
      const below = ground(element.parentElement), style = getComputedStyle(element);
      const colour = parsed(style.backgroundColor);
      known.set(element, { colour: colour?.[3] ? over(colour, below.colour) : below.colour,
        opacity: below.opacity * Number(style.opacity) });
    }
    return known.get(element);
  };
  const poor = [];
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const [text, element] = [texts.currentNode.textContent.trim(), texts.currentNode.parentElement];
    if (!text || element.closest(SKIP) || !element.checkVisibility({ checkOpacity: true, visibilityProperty: true })) continue;
    const style = getComputedStyle(element);
    const colour = parsed(element instanceof SVGElement ? style.fill : style.color);
    if (!colour || !element.getBoundingClientRect().width) continue;
    const { colour: back, opacity } = ground(element);
    colour[3] *= opacity;
    const [high, low] = [light(over(colour, back)), light(back)].sort((a, b) => b - a);
    const size = parseFloat(style.fontSize);
    const large = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
    const ratio = (high + 0.05) / (low + 0.05);
    if (ratio < (large ? 3 : 4.5)) poor.push([Number(ratio.toFixed(2)), text.slice(0, 60), element.getAttribute("class") ?? element.tagName, element.closest("[class*=st-key-]")?.className.match(/st-key-\S+/)[0]]);
  }
  return poor.sort((a, b) => a[0] - b[0]);
}
