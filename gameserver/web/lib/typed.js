// Limits the lines that people type to the length that the server accepts. The server counts code points
// (Net/schema.py, `text`). The attribute maxlength counts UTF-16 units. An emoji has two or more of these, so maxlength
// would stop a name that the server accepts.
//
// In:  every <input data-most="16"> of the page. Out: the same inputs, which hold at most that many code points.

/** Holds the inputs of this page to their limits. */
export function limitAllLines() {
  for (const input of document.querySelectorAll("input[data-most]")) limitCharacters(/** @type {HTMLInputElement} */ (input));
}

/** @param {HTMLInputElement} input */
function limitCharacters(input) {
  const most = Number(input.dataset.most);
  const cut = () => {
    const kept = firstCharacters(input.value, most);
    if (kept !== input.value) input.value = kept;
  };
  // While an input method composes a character, the page must not change the line.
  input.addEventListener("input", (event) => /** @type {InputEvent} */ (event).isComposing || cut());
  input.addEventListener("compositionend", cut);
}

/**
 * The start of a text, of at most `most` code points, cut at the end of a character as a person sees it.
 * @param {string} text @param {number} most @returns {string}
 */
export function firstCharacters(text, most) {
  // A letter with its marks or an emoji of several parts is one cluster; Firefox has the segmenter since version 125.
  const clusters = Intl.Segmenter ? [...new Intl.Segmenter().segment(text)].map(({ segment }) => segment) : [...text];
  let [kept, count] = ["", 0];
  for (const cluster of clusters) {
    count += [...cluster].length;
    if (count > most) break;
    kept += cluster;
  }
  return kept || [...text].slice(0, most).join(""); // one cluster alone is too long
}
