/** Why something was not done, in the words of the server where it had some. */

export class Problem extends Error {
  /**
   * @param {string} message
   * @param {{status?: number, retryAfter?: number}} [details] the HTTP status, 0 when no answer came; seconds
   */
  constructor(message, { status = 0, retryAfter } = {}) {
    super(message);
    this.name = "Problem";
    this.status = status;
    this.retryAfter = retryAfter;
  }
}

/**
 * The `detail` of a problem document (RFC 9457). A proxy before the gateway may know no such thing.
 * @param {number} status
 * @param {string} body
 * @param {string | null} retryAfter the header
 */
export function readProblem(status, body, retryAfter) {
  const { detail, title } = readObject(body);
  const seconds = Number.parseInt(retryAfter ?? "", 10);
  return new Problem(detail || title || "", { status, retryAfter: seconds > 0 ? seconds : undefined });
}

/** @param {string} body of an answer @returns {Record<string, any>} empty if it is no JSON */
export function readObject(body) {
  try {
    return Object(JSON.parse(body));
  } catch {
    return {};
  }
}
