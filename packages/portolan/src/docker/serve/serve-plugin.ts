import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { InvalidRequestError } from '@portolan/netfilter'
import { type Answer, type Docker, refusal } from '../open-docker.ts'

/** What dockerd calls the protocol: moby, pkg/plugins/transport. */
const contentType = 'application/vnd.docker.plugins.v1.2+json'

/** A request of a container with all 65,535 ports published has some 6 MB. */
const MOST_BODY_BYTES = 16 * 2 ** 20

/** A server of the protocol that listens nowhere yet. */
export interface PluginServer {
  readonly server: Server
  /** Takes no more calls, and waits until those that are under way have their answers. */
  close(): Promise<void>
}

/** A client that has begun a request sends the rest at once, unless it is stopped. */
const REST_MS = 2000

/** Serves the drivers by HTTP, as dockerd asks for them: POST, a path for each call, JSON. */
export const servePlugin = (docker: Docker): PluginServer => {
  const unanswered = new Set<Promise<void>>()
  const unread = new Set<IncomingMessage>()
  let isClosing = false
  const server = createServer((request, response) => {
    const done = answer(request)
      .catch((error: unknown) => refusal(400, error))
      .then((given) => send(response, given, isClosing))
      .finally(() => unanswered.delete(done))
    unanswered.add(done)
  })
  const answer = async (request: IncomingMessage): Promise<Answer> => {
    if (request.method !== 'POST')
      return refusal(
        405,
        new InvalidRequestError(
          `${request.method} is not understood here: expected POST, as dockerd sends it.`,
        ),
      )
    unread.add(request)
    const body = await readBody(request).finally(() => unread.delete(request))
    return docker.answer(request.url ?? '', body)
  }
  // dockerd keeps its connections, and a call may take as long as it takes.
  server.requestTimeout = 0
  // One that is closed here just as dockerd uses it again would fail that call, which comes again without its body.
  server.keepAliveTimeout = 0
  return {
    server,
    async close() {
      isClosing = true
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      server.closeIdleConnections()
      const late = setTimeout(() => {
        for (const request of unread) request.destroy()
      }, REST_MS)
      while (unanswered.size > 0) await Promise.all(unanswered)
      clearTimeout(late)
      // A connection that asked for nothing yet is not idle to Node (lib/_http_server.js, `ConnectionsList`).
      server.closeAllConnections()
      await closed
    },
  }
}

/** @throws InvalidRequestError for more than anything that dockerd sends */
const readBody = async (request: IncomingMessage): Promise<string> => {
  const parts: Buffer[] = []
  let bytes = 0
  for await (const part of request as AsyncIterable<Buffer>) {
    bytes += part.length
    if (bytes > MOST_BODY_BYTES)
      throw new InvalidRequestError(`the request has more than ${MOST_BODY_BYTES} bytes, and is not read.`)
    parts.push(part)
  }
  return Buffer.concat(parts).toString('utf8')
}

/** @returns once the answer is with the kernel, or its client is gone */
const send = (response: ServerResponse, { status, body }: Answer, isLast: boolean): Promise<void> =>
  new Promise((resolve) => {
    if (response.destroyed) return resolve()
    const bytes = Buffer.from(`${JSON.stringify(body)}\n`)
    response.once('close', resolve)
    response.writeHead(status, {
      ...{ 'content-type': contentType, 'content-length': bytes.length },
      ...(isLast ? { connection: 'close' } : {}),
    })
    response.end(bytes)
  })
