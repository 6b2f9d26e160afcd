import { once } from 'node:events'
import { createServer, connect as open, type Socket } from 'node:net'
import { text as textOf } from 'node:stream/consumers'
import { afterEach, expect, test } from '@jest/globals'
import { parseMetricsAddress } from '../../src/metrics/metrics-address.ts'
import { type MetricsServer, type Served, serveMetrics } from '../../src/metrics/serve-metrics.ts'

const metrics: Served = { contentType: 'text/plain; version=0.0.4; charset=utf-8', text: 'x 1\n' }
let server: MetricsServer | null = null
afterEach(async () => {
  await server?.close()
  server = null
})

/** A loopback address that only this process uses, so that no other process takes a port that was free before. */
const own = [127, 64 + (process.pid >> 16), (process.pid >> 8) & 255, process.pid & 255].join('.')

const freePort = async (): Promise<number> => {
  const listener = createServer().listen(0, own)
  await once(listener, 'listening')
  const address = listener.address()
  listener.close()
  await once(listener, 'close')
  if (address === null || typeof address === 'string') throw new Error('no port')
  return address.port
}

const serve = async (scrape: () => Promise<Served> = async () => metrics): Promise<number> => {
  const port = await freePort()
  server = await serveMetrics(parseMetricsAddress(`${own}:${port}`), scrape)
  return port
}

/** Sends bytes, and returns the answer until the other side closes. */
const exchange = async (port: number, bytes: string): Promise<string> => {
  const socket: Socket = open(port, own)
  socket.write(bytes)
  return textOf(socket)
}

test('metrics are served with their content type, with a query too', async () => {
  const port = await serve()
  for (const path of ['/metrics', '/metrics?name[]=x']) {
    const response = await fetch(`http://${own}:${port}${path}`)
    expect([response.status, response.headers.get('content-type'), await response.text()]).toEqual([
      200,
      metrics.contentType,
      'x 1\n',
    ])
  }
})

test('other paths and methods are refused', async () => {
  const port = await serve()
  expect((await fetch(`http://${own}:${port}/`)).status).toBe(404)
  expect((await fetch(`http://${own}:${port}/metrics/../x`)).status).toBe(404)
  const posted = await fetch(`http://${own}:${port}/metrics`, { method: 'POST', body: 'x' })
  expect([posted.status, posted.headers.get('allow')]).toEqual([405, 'GET, HEAD'])
})

test('a target that is a whole URL is answered as its path is (RFC 9112, 3.2.2)', async () => {
  const port = await serve()
  const statusOf = async (request: string): Promise<string> =>
    (await exchange(port, `${request} HTTP/1.1\r\nHost: x\r\n\r\n`)).split('\r\n')[0] ?? ''
  for (const method of ['GET', 'HEAD'])
    for (const url of [
      `http://${own}:${port}/metrics`,
      'HTTP://a.example/metrics?x=1',
      'https://[::1]/metrics',
    ])
      expect(await statusOf(`${method} ${url}`)).toBe('HTTP/1.1 200 OK')
  for (const url of ['http://a.example', 'http://a.example/', 'http://a.example/x/metrics'])
    expect(await statusOf(`GET ${url}`)).toBe('HTTP/1.1 404 Not Found')
  expect(await statusOf('POST http://a.example/metrics')).toBe('HTTP/1.1 405 Method Not Allowed')
})

test('OPTIONS tells the methods, of the server and of the metrics', async () => {
  const port = await serve()
  for (const target of ['*', '/metrics']) {
    const answer = await exchange(port, `OPTIONS ${target} HTTP/1.1\r\nHost: x\r\n\r\n`)
    expect(answer).toMatch(/\r\nallow: GET, HEAD\r\n/)
    expect(answer.split(' ')[1]).toBe(target === '*' ? '200' : '405')
  }
})

test('HEAD is answered as GET is, without the body', async () => {
  const port = await serve()
  const response = await fetch(`http://${own}:${port}/metrics`, { method: 'HEAD' })
  expect([
    response.status,
    response.headers.get('content-type'),
    response.headers.get('content-length'),
    await response.text(),
  ]).toEqual([200, metrics.contentType, '4', ''])
})

test('a body is not waited for: the answer ends the connection', async () => {
  const port = await serve()
  for (const more of ['', 'Expect: 100-continue\r\n']) {
    const answer = await exchange(
      port,
      `POST /metrics HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n${more}\r\n`,
    )
    expect(answer).toMatch(/^HTTP\/1\.1 405 /)
  }
})

test('what is no request, or has too large a head, ends its connection', async () => {
  const port = await serve()
  expect(await exchange(port, '\x16\x03\x01\r\n\r\n')).toMatch(/^HTTP\/1\.1 400 /)
  expect(await exchange(port, `GET /metrics HTTP/1.1\r\nHost: ${'x'.repeat(20_000)}\r\n\r\n`)).toMatch(
    /^HTTP\/1\.1 431 /,
  )
})

test('a scrape that fails is a 503 with its words, and the next one may succeed', async () => {
  let fails = true
  const port = await serve(async () => {
    if (fails) throw new Error('the leases could not be read')
    return metrics
  })
  const failed = await fetch(`http://${own}:${port}/metrics`)
  expect([failed.status, await failed.text()]).toEqual([503, 'the leases could not be read\n'])
  fails = false
  expect((await fetch(`http://${own}:${port}/metrics`)).status).toBe(200)
})

test('more connections than a few are closed, and those that are left are still served', async () => {
  const port = await serve()
  const held = Array.from({ length: 40 }, () => open(port, own).on('error', () => {}))
  const closed = held.map((socket) => once(socket, 'close'))
  await Promise.race(closed)
  for (const socket of held) socket.destroy()
  await Promise.all(closed)
  expect(await exchange(port, 'GET /metrics HTTP/1.0\r\n\r\n')).toMatch(/^HTTP\/1\.1 200 /)
})

test('closing does not wait for connections that are open', async () => {
  const port = await serve(() => new Promise(() => {}))
  const waiting = exchange(port, 'GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n')
  const idle = open(port, own).on('error', () => {})
  await once(idle, 'connect')
  await server?.close()
  expect(await waiting.catch(() => '')).toBe('')
  idle.destroy()
})

test('a port that is taken, and an address that is none of this host, are refused', async () => {
  const port = await serve()
  const listen = (text: string) => serveMetrics(parseMetricsAddress(text), async () => metrics)
  await expect(listen(`${own}:${port}`)).rejects.toThrow(/another program listens there.*Nothing was changed/)
  await expect(listen('192.0.2.77:9469')).rejects.toThrow('this host does not have that address')
})
