// What a browser makes of a page, told to the page around it: widths, what sticks out, headings, contrasts, focus.
"use strict";
const parse = colour => (colour.match(/[\d.]+/g) || [0, 0, 0, 0]).map(Number);
const luminance = ([red, green, blue]) => {
  const [r, g, b] = [red, green, blue].map(c => c / 255).map(c => c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};
const contrast = (one, other) => {
  const [high, low] = [luminance(one), luminance(other)].sort((a, b) => b - a);
  return (high + 0.05) / (low + 0.05);
};
const behind = element => {
  for (let node = element; node; node = node.parentElement) {
    const colour = parse(getComputedStyle(node).backgroundColor);
    if (colour.length < 4 || colour[3] > 0) return colour;
  }
  return [255, 255, 255];
};
const words = element => [...element.childNodes].filter(node => node.nodeType === 3 && node.textContent.trim()).map(node => node.textContent.trim()).join(" ");
const faint = [...document.querySelectorAll("body *")].filter(element => words(element) && element.tagName !== "SCRIPT").flatMap(element => {
  const style = getComputedStyle(element), drawn = element instanceof SVGElement;
  const found = contrast(parse(drawn ? style.fill : style.color), behind(element));
  return found < 4.5 ? [`${words(element)}: ${found.toFixed(2)}`] : [];
});
const room = document.documentElement.clientWidth;
const outside = [...document.querySelectorAll("body *")].filter(element => {
  const box = element.getBoundingClientRect();
  return box.width && box.right > room + 1 && !element.closest(".scroll table") && !element.closest("svg");
}).map(element => `${element.tagName} ${element.textContent.trim().slice(0, 30)}`);
const small = [...document.querySelectorAll("figure text")].filter(text => words(text)).map(text => text.getBoundingClientRect().height);
const focusable = [...document.querySelectorAll("a[href], [tabindex='0']")];
const unseen = focusable.filter(element => { element.focus(); return getComputedStyle(element).outlineStyle === "none"; }).map(element => element.textContent.trim().slice(0, 20));
parent.postMessage(JSON.stringify({
  width: innerWidth, scrolls: document.documentElement.scrollWidth, outside, faint, unseen, focusable: focusable.length,
  lowest: Math.min(...small, 99),
}), "*");
