// Share cards as people draw them with Node's picture libraries: run by bench_cards.py, one library a process.
//
//     node bench_cards_node.mjs NAME PHOTO NPM_FOLDER SECONDS      prints {"ms", "bytes", "peak"}

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const [name, photoPath, npm, seconds] = process.argv.slice(2);
const require = createRequire(pathToFileURL(join(npm, "package.json")));
const load = async (module) => import(pathToFileURL(require.resolve(module)));

const TITLE = ["Why small feeds", "outlive big platforms"];
const BYLINE = "Ada Lindqvist · 18 March 2025 · 6 min read";
const [WIDTH, HEIGHT, QUALITY] = [1200, 630, 86];
const photo = readFileSync(photoPath);
const font = (weight, kind) => join(npm, `node_modules/@fontsource/inter/files/inter-latin-${weight}-normal.${kind}`);

const peers = {
  async sharp() {
    const { default: sharp } = await load("sharp");
    sharp.concurrency(1);
    sharp.cache(false);
    const line = (text, y, size, weight) =>
      `<text x="60" y="${y}" font-family="Inter, sans-serif" font-size="${size}" font-weight="${weight}" fill="#fff">${text}</text>`;
    const svg = Buffer.from(
      `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${HEIGHT}"><defs><linearGradient id="g" x2="0" y2="1">` +
        `<stop stop-color="#0a0c18" stop-opacity="0"/><stop offset="1" stop-color="#0a0c18" stop-opacity=".75"/></linearGradient></defs>` +
        `<rect width="100%" height="100%" fill="url(#g)"/>` +
        line(TITLE[0], 410, 88, 700) + line(TITLE[1], 505, 88, 700) + line(BYLINE, 575, 28, 500) + "</svg>",
    );
    return () =>
      sharp(photo).resize(WIDTH, HEIGHT, { fit: "cover" }).composite([{ input: svg }]).jpeg({ quality: QUALITY }).toBuffer();
  },

  async canvas() {
    const { createCanvas, GlobalFonts, loadImage } = await load("@napi-rs/canvas");
    for (const weight of [500, 700]) GlobalFonts.registerFromPath(font(weight, "woff2"), "Inter");
    return async () => {
      const canvas = createCanvas(WIDTH, HEIGHT);
      const pen = canvas.getContext("2d");
      const image = await loadImage(photo);
      const down = (image.width * HEIGHT) / WIDTH;
      pen.drawImage(image, 0, (image.height - down) / 2, image.width, down, 0, 0, WIDTH, HEIGHT);
      const shade = pen.createLinearGradient(0, 0, 0, HEIGHT);
      shade.addColorStop(0, "rgba(10,12,24,0)");
      shade.addColorStop(1, "rgba(10,12,24,.75)");
      pen.fillStyle = shade;
      pen.fillRect(0, 0, WIDTH, HEIGHT);
      pen.fillStyle = "#fff";
      pen.font = "700 88px Inter";
      TITLE.forEach((line, row) => pen.fillText(line, 60, 410 + row * 95));
      pen.font = "500 28px Inter";
      pen.fillText(BYLINE, 60, 575);
      return canvas.encode("jpeg", QUALITY);
    };
  },

  async takumi() {
    const { Renderer } = await load("@takumi-rs/core");
    const renderer = new Renderer();
    for (const weight of [500, 700]) await renderer.registerFont({ name: "Inter", weight, data: readFileSync(font(weight, "woff2")) });
    const node = makeNode("photo");
    const options = { width: WIDTH, height: HEIGHT, format: "jpeg", quality: QUALITY };
    return () => renderer.render(node, { ...options, images: [{ src: "photo", data: photo, cache: "none" }] });
  },

  async satori() {
    const module = await load("satori");
    const satori = module.default.default ?? module.default;
    const { Resvg } = await load("@resvg/resvg-js");
    const fonts = [500, 700].map((weight) => ({ name: "Inter", weight, data: readFileSync(font(weight, "woff")) }));
    const element = makeElement(`data:image/jpeg;base64,${photo.toString("base64")}`);
    return async () => new Resvg(await satori(element, { width: WIDTH, height: HEIGHT, fonts })).render().asPng();
  },
};

const full = { width: WIDTH, height: HEIGHT };
const layer = { ...full, position: "absolute", top: 0, left: 0 };
const gradient = "linear-gradient(180deg, rgba(10,12,24,0), rgba(10,12,24,0.75))";
const column = { ...layer, display: "flex", flexDirection: "column", justifyContent: "flex-end", padding: 60, color: "#fff", backgroundImage: gradient };
const large = { fontFamily: "Inter", fontSize: 88, fontWeight: 700, lineHeight: 1.08 };
const small = { fontFamily: "Inter", fontSize: 28, fontWeight: 500 };

function makeNode(src) {
  const words = [{ type: "text", text: TITLE.join(" "), style: large }, { type: "text", text: BYLINE, style: small }];
  const image = { type: "image", src, style: { ...layer, objectFit: "cover" } };
  return { type: "container", style: { ...full, display: "flex" }, children: [image, { type: "container", style: column, children: words }] };
}

function makeElement(src) {
  const element = (type, style, children, props = {}) => ({ type, props: { style, children, ...props } });
  const words = [element("div", large, TITLE.join(" ")), element("div", small, BYLINE)];
  const image = element("img", { ...layer, objectFit: "cover" }, undefined, { src, ...full });
  return element("div", { ...full, display: "flex" }, [image, element("div", column, words)]);
}

const draw = await peers[name]();
const card = await draw();
let best = Infinity;
const end = performance.now() + Number(seconds) * 1000;
do {
  const start = performance.now();
  await draw();
  best = Math.min(best, performance.now() - start);
} while (performance.now() < end);
console.log(JSON.stringify({ ms: best, bytes: card.length, peak: process.resourceUsage().maxRSS / 1024 }));
if (process.env.SYNDICATE_KEEP) (await import("node:fs")).writeFileSync(`${process.env.SYNDICATE_KEEP}/${name}.out`, card);
