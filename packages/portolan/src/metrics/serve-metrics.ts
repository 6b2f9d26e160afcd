import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { InvalidRequestError, PermissionError } from '@portolan/netfilter'
import type { MetricsAddress } from './metrics-address.ts'

/** The time that a client has for its request. */
const REQUEST_MS = 5000
/** The time that a whole connection may last. */
const CONNECTION_MS = 30_000
/**
 * The most connections. Any further one is closed at once, so that no client makes this process hold many. Scrapers are
 * few.
 */
const MOST_CONNECTIONS = 16
const MOST_HEADER_BYTES = 8192

/** The answer to a scrape. */
export interface Served {
  readonly contentType: string
  readonly text: string
}

/** A server of metrics, to be closed when the watch ends. */
export interface MetricsServer {
  close(): Promise<void>
}

/**
 * Serves `GET /metrics` on one address, and `HEAD` with the same answer without its body (RFC 9110, section 9.3.2). A
 * slow client, or one that sends any other request, is answered without its body being read. Every connection ends with
 * its answer.
 *
 * @param scrape - makes the answer. Where it fails, the answer is 503 with the words of its error
 * @throws InvalidRequestError when the port is taken, or the host does not have the address
 * @throws PermissionError for a port that this user may not listen on
 */
export const serveMetrics = async (
  address: MetricsAddress,
  scrape: () => Promise<Served>,
): Promise<MetricsServer> => {
  const answer = (request: IncomingMessage, response: ServerResponse): void => {
    const send = (
      status: number,
      { contentType, text }: Served,
      more: Readonly<Record<string, string>> = {},
    ) => {
      if (response.destroyed) return
      const body = Buffer.from(text)
      response.writeHead(status, {
        'content-type': contentType,
        'content-length': body.length,
        // The server does not wait for the rest of the request.
        connection: 'close',
        ...more,
      })
      response.end(body)
    }
    const path = pathOf(request.url ?? '')
    // `OPTIONS *` is about the server as a whole (RFC 9110, section 9.3.7).
    if (path === '*' && request.method === 'OPTIONS') send(200, words(''), { allow: 'GET, HEAD' })
    else if (path !== '/metrics') send(404, words('Metrics are at /metrics.'))
    else if (request.method !== 'GET' && request.method !== 'HEAD')
      send(405, words('Metrics are read with GET or HEAD.'), { allow: 'GET, HEAD' })
    else
      scrape().then(
        (served) => send(200, served),
        (error: unknown) => send(503, words(error instanceof Error ? error.message : String(error))),
      )
  }
  const server = createServer(
    {
      maxHeaderSize: MOST_HEADER_BYTES,
      headersTimeout: REQUEST_MS,
      requestTimeout: REQUEST_MS,
      connectionsCheckingInterval: 1000,
    },
    answer,
  )
  // A client that waits for leave to send its body (`Expect: 100-continue`) is answered without the body.
  server.on('checkContinue', answer)
  server.maxConnections = MOST_CONNECTIONS
  server.on('connection', endAfter(CONNECTION_MS))
  await listen(server, address)
  return {
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

const words = (text: string): Served => ({
  contentType: 'text/plain; charset=utf-8',
  text: text === '' ? '' : `${text}\n`,
})

/** The path of a request target, which may be a whole URL (RFC 9112, section 3.2.2), without its query. */
const pathOf = (target: string): string => target.replace(/^https?:\/\/[^/?#]*/i, '').split('?')[0] ?? ''

/**
 * Ends a connection after `ms` milliseconds. A client that takes its answer byte by byte is never idle, so this limit
 * is needed too.
 */
const endAfter =
  (ms: number) =>
  (socket: Socket): void => {
    const timer = setTimeout(() => socket.destroy(), ms).unref()
    socket.once('close', () => clearTimeout(timer))
  }

const listen = (server: Server, { address, port, text }: MetricsAddress): Promise<void> =>
  new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(listenError(text, error)))
    // Without ipv6Only, `[::]` would take the port of every IPv4 address as well.
    server.listen({ host: address, port, ipv6Only: true }, () => {
      server.removeAllListeners('error')
      // A connection that cannot be accepted (no file descriptor is left) must not end the server.
      server.on('error', () => {})
      resolve()
    })
  })

const listenError = (text: string, error: NodeJS.ErrnoException): Error => {
  const refused = (why: string): InvalidRequestError =>
    new InvalidRequestError(`--metrics ${text}: ${why} Nothing was changed.`, { cause: error })
  switch (error.code) {
    case 'EADDRINUSE':
      return refused('another program listens there. Choose another port, or end that program.')
    case 'EADDRNOTAVAIL':
      return refused('this host does not have that address. Choose one that "ip address" shows.')
    case 'EACCES':
      return new PermissionError(
        `--metrics ${text}: this user may not listen there. Choose a port above 1023. Nothing was changed.`,
        'CAP_NET_BIND_SERVICE',
        { cause: error },
      )
    default:
      return refused(`it cannot be listened on (${error.message}). Choose another address or port.`)
  }
}
