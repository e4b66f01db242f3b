// GET /vendors in Chromium, whose own script engine is off for the page. Prints what was seen as JSON, one object a view.
//
//   node vendors_page.mjs '{"url": "http://…/vendors", "views": [{"width": 360, "scheme": "dark"}, …]}'
import puppeteer from "puppeteer-core";

const { url, views } = JSON.parse(process.argv[2]);
const browser = await puppeteer.launch({
  executablePath: process.env.PHIGATE_CHROMIUM ?? "/usr/bin/chromium",
  // Chromium's sandbox refuses to work for root, and a container's /dev/shm is small.
  args: ["--disable-dev-shm-usage", ...(process.getuid() === 0 ? ["--no-sandbox"] : [])],
});
try {
  const seen = [];
  for (const view of views) seen.push(await look(view));
  process.stdout.write(JSON.stringify(seen));
} finally {
  await browser.close();
}

async function look({ width, scheme }) {
  const page = await browser.newPage();
  const asked = [];
  const complaints = [];
  page.on("request", (request) => asked.push(request.url()));
  page.on("console", (message) => complaints.push(message.text()));
  page.on("pageerror", (error) => complaints.push(String(error)));
  const session = await page.createCDPSession();
  session.on("Audits.issueAdded", ({ issue }) => complaints.push(JSON.stringify(issue)));
  session.on("Log.entryAdded", ({ entry }) => complaints.push(entry.text));
  await session.send("Audits.enable");
  await session.send("Log.enable");
  await page.setJavaScriptEnabled(false);
  await page.setViewport({ width, height: 800, isMobile: width < 600, hasTouch: width < 600 });
  await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: scheme }]);
  const answer = await page.goto(url, { waitUntil: "networkidle0" });
  const folded = await unfold(page);
  const measured = await page.evaluate(measure);
  await page.close();
  return { status: answer.status(), type: answer.headers()["content-type"], asked, complaints, folded, ...measured };
}

// Clicks every list of models open, as a person does; says of each whether it was hidden before and shown after.
async function unfold(page) {
  const told = [];
  for (const details of await page.$$("details:not([open])")) {
    const shown = () => details.evaluate((it) => it.querySelector("tbody th").checkVisibility());
    const before = await shown();
    try {
      await (await details.$("summary")).click();
      told.push({ before, after: await shown() });
    } catch (error) {
      told.push({ before, after: String(error) }); // nothing to click on, or not where one could
    }
  }
  return told;
}

// Runs inside the page, in a world of its own.
function measure() {
  const channels = (color) => color.match(/[\d.]+/g).map(Number);
  const luminance = (color) => {
    const [red, green, blue] = channels(color).map((value) => {
      const part = value / 255;
      return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const ground = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const { backgroundColor } = getComputedStyle(at);
      if ((channels(backgroundColor)[3] ?? 1) === 1) return backgroundColor;
    }
    return "rgb(255, 255, 255)";
  };
  const texts = [...document.querySelectorAll("body *")].filter((element) => {
    const own = [...element.childNodes].some((child) => child.nodeType === Node.TEXT_NODE && child.data.trim());
    return own && element.checkVisibility();
  });
  // WCAG 2's contrast, for each pair of colours that is there.
  const contrast = {};
  for (const element of texts) {
    for (const pseudo of [null, "::before"]) {
      const style = getComputedStyle(element, pseudo);
      if (pseudo && style.content === "none") continue;
      const pair = [style.color, ground(element)];
      const [dark, light] = pair.map(luminance).sort((a, b) => a - b);
      contrast[pair.join(" on ")] = (light + 0.05) / (dark + 0.05);
    }
  }
  // What sticks out of the page, or out of the box that it is in.
  const { clientWidth, scrollWidth } = document.documentElement;
  const boxes = [...document.querySelectorAll("section, nav, dl, dd, th, td, li, p, code, span")];
  const sticksOut = (element) => {
    const box = element.getBoundingClientRect();
    const holder = element.parentElement.getBoundingClientRect();
    return box.right > Math.min(clientWidth, holder.right) + 1 || box.left < Math.max(0, holder.left) - 1;
  };
  const visible = (element) => element.checkVisibility() && element.getBoundingClientRect().height > 0;
  const headings = [...document.querySelectorAll("h1, h2, h3")];
  const matrix = document.querySelector(".matrix");
  const regions = [...matrix.tHead.rows[0].cells].map((cell) => cell.textContent);
  const rows = [...matrix.tBodies[0].rows].map((row) => [
    row.cells[0].firstChild.data.trim(),
    Object.fromEntries([...row.cells].slice(1).map((cell, at) => [regions[at + 1], cell.textContent])),
  ]);
  return {
    width: [scrollWidth, clientWidth],
    stickingOut: boxes.filter((element) => visible(element) && sticksOut(element)).map((element) => element.outerHTML),
    contrast,
    ground: ground(document.body),
    smallestText: Math.min(...texts.map((element) => parseFloat(getComputedStyle(element).fontSize))),
    levels: headings.map((heading) => Number(heading.tagName[1])),
    providers: headings.filter((it) => it.id.startsWith("provider-") && visible(it)).map((it) => it.firstChild.data.trim()),
    deadLinks: [...document.links].map((link) => link.hash).filter((hash) => !document.querySelector(hash)),
    tapHeights: [...document.querySelectorAll("a, summary")].map((it) => it.getBoundingClientRect().height),
    matrix: Object.fromEntries(rows),
    chatInSwitzerland: [...matrix.querySelectorAll("td")].filter(visible).map((it) => it.innerText)[0],
    foreign: document.querySelectorAll("script, img, iframe, object, embed, form, style ~ style, link[rel=stylesheet]").length,
    text: document.body.innerText,
  };
}
