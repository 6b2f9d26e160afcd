import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { afterSilence } from '@portolan/host'
import { InvalidRequestError } from '@portolan/netfilter'
import { type Answer, type Docker, refusal } from '../open-docker.ts'

/** The content type of the plugin protocol: moby, pkg/plugins/transport. */
const contentType = 'application/vnd.docker.plugins.v1.2+json'

/** A request of a container with all 65,535 ports published has some 6 MB. */
export const MOST_BODY_BYTES: number = 16 * 2 ** 20

/** An HTTP server of the protocol that does not listen yet. */
export interface PluginServer {
  readonly server: Server
  /** Takes no more calls, and waits for the answers of the calls under way. */
  close(): Promise<void>
}

/**
 * How long a close waits for requests on open connections, in milliseconds. dockerd sends a request right after it
 * connects, unless dockerd is stopped.
 */
const REQUEST_MS = 2000

/**
 * Serves the drivers over HTTP as dockerd expects: POST, a path for each call, JSON. Each connection serves one call. A
 * connection that was kept open could close just as dockerd uses it again. That call would fail, and dockerd would
 * repeat it without its body.
 */
export const servePlugin = (docker: Docker): PluginServer => {
  const connections = new Set<Socket>()
  const answering = new Set<Socket>()
  const server = createServer((request, response) => {
    void answer(request).then(
      (given) => send(response, given),
      (error: unknown) => send(response, refusal(400, error)),
    )
  })
  server.on('connection', (socket) => {
    connections.add(socket)
    socket.once('close', () => {
      connections.delete(socket)
      answering.delete(socket)
    })
  })
  const answer = async (request: IncomingMessage): Promise<Answer> => {
    if (request.method !== 'POST')
      return refusal(
        405,
        new InvalidRequestError(
          `${request.method} is not understood here: expected POST, as dockerd sends it.`,
        ),
      )
    const body = await readBody(request)
    answering.add(request.socket)
    return docker.answer(request.url ?? '', body)
  }
  // A call has no time limit.
  server.requestTimeout = 0
  return {
    server,
    close: () =>
      new Promise((resolve) => {
        const end = (): void => {
          for (const socket of connections) if (!answering.has(socket)) socket.destroy()
        }
        const closed = afterSilence(REQUEST_MS, end)
        // `server.close` also waits for connections without a request yet, because Node does not count them as idle
        // (lib/_http_server.js). `end` closes those connections.
        server.close(() => {
          closed()
          resolve()
        })
      }),
  }
}

/** Reads the body of a request. @throws InvalidRequestError for a body larger than any of dockerd's */
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

const send = (response: ServerResponse, { status, body }: Answer): void => {
  if (response.destroyed) return
  const bytes = Buffer.from(`${JSON.stringify(body)}\n`)
  const head = { 'content-type': contentType, 'content-length': bytes.length, connection: 'close' }
  response.writeHead(status, head)
  response.end(bytes)
}
