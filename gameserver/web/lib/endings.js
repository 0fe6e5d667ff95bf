// The reason why a connection has ended, in a sentence for the person.

/** @type {Record<number, string>} messages for close codes that come without a reason */
const CLOSED_TEXTS = { 1001: "The server has stopped.", 1013: "The server is full. Try again in a little while." };

/**
 * @param {number} code of the CLOSE @param {string} reason of the CLOSE, or ""
 * @returns {Promise<string>} asks the server if the code alone does not tell
 */
export async function whyEnded(code, reason) {
  if (reason) return `The server closed the connection: ${reason}.`;
  return CLOSED_TEXTS[code] ?? whyUnreachable();
}

/** The reason why the server cannot be reached, as far as a page can find out. @returns {Promise<string>} */
async function whyUnreachable() {
  try {
    const response = await fetch("/rooms.json");
    if (response.status === 503) return "The server is full. Try again in a little while.";
    if (response.ok) return "The server refused the connection. It may be full, or not let this page in.";
    return `The server answers ${response.status}.`;
  } catch {
    return "The server does not answer. Is it still running?";
  }
}
