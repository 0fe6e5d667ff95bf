// A page's connection to the server, for operators: JSON over a WebSocket.
//
// In:  the token, then commands with named arguments. Out: the answer to each command, and the server's own news.

/**
 * @typedef {object} Listener
 * @property {() => void} opened the token was right, or none was needed
 * @property {(news: any) => void} news an object that is no answer
 * @property {(message: string, close: CloseEvent) => void} ended
 */

export class Link {
  /** @param {string} path of the WebSocket @param {string} token @param {Listener} listener */
  constructor(path, token, listener) {
    this.listener = listener;
    this.isOpen = false;
    this.problem = "";
    this.asked = 0;
    /** @type {Map<number, {resolve: (said: any) => void, reject: (error: Error) => void}>} */
    this.waiting = new Map();
    this.socket = new WebSocket(`${location.origin.replace("http", "ws")}${path}`);
    this.socket.onopen = () => this.socket.send(JSON.stringify({ token }));
    this.socket.onmessage = (event) => this.#receive(JSON.parse(event.data));
    this.socket.onclose = (event) => this.#close(event);
  }

  /**
   * Sends a command. @param {string} method @param {Record<string, any>} args
   * @returns {Promise<any>} the answer; rejected with an Error that says what was wrong
   */
  do(method, args) {
    if (this.socket.readyState !== WebSocket.OPEN) return Promise.reject(new Error("there is no connection"));
    const id = ++this.asked;
    this.socket.send(JSON.stringify({ id, do: method, ...args }));
    return new Promise((resolve, reject) => this.waiting.set(id, { resolve, reject }));
  }

  /** Closes the connection. */
  close() {
    this.socket.close(1000);
  }

  /** @param {any} message an answer, news, or the answer to the token */
  #receive(message) {
    if (message.id !== undefined) this.#answer(message);
    else if (this.isOpen) this.listener.news(message);
    else if (message.ok) {
      this.isOpen = true;
      this.listener.opened();
    } else {
      this.problem = message.error;
    }
  }

  /** @param {{id: number, said?: any, error?: string}} message */
  #answer({ id, said, error }) {
    const waiting = this.waiting.get(id);
    this.waiting.delete(id);
    if (error) waiting?.reject(new Error(error));
    else waiting?.resolve(said);
  }

  /** @param {CloseEvent} event */
  #close(event) {
    for (const { reject } of this.waiting.values()) reject(new Error("the connection ended before it was done"));
    this.waiting.clear();
    const usual = this.isOpen ? "The connection to the server has ended." : "The server did not let you in.";
    this.listener.ended(this.problem || event.reason || usual, event);
  }
}
