import { request } from 'node:http'
import { fromJson } from '../../from-json.ts'
import type { EngineRoom } from './engine-room.ts'
import { readPublish } from './foreign-container.ts'

export const dockerSocket = '/run/docker.sock'

/** Sends one request to Docker's Engine API. A Buffer is sent as a tar file, any other body as JSON. */
export const askDocker = (room: EngineRoom, method: string, path: string, body?: unknown): Promise<unknown> =>
  new Promise((resolve, reject) => {
    const payload = Buffer.isBuffer(body) ? body : JSON.stringify(body ?? {})
    const type = Buffer.isBuffer(body) ? 'application/x-tar' : 'application/json'
    const headers = { 'content-type': type, 'content-length': Buffer.byteLength(payload) }
    const sent = request({ socketPath: room.outside(dockerSocket), method, path, headers }, (answer) => {
      let text = ''
      answer.setEncoding('utf8').on('data', (part: string) => {
        text += part
      })
      answer.on('end', () => {
        if ((answer.statusCode ?? 500) >= 400) return reject(new Error(`${method} ${path}: ${text}`))
        resolve(/^[[{]/.test(text) && !text.includes('\n{') ? fromJson(text) : text)
      })
    })
    sent.on('error', reject)
    sent.end(payload)
  })

/** The options of a container for the values of `--publish`, in the form of the Engine API. */
export const portBindings = (publish: readonly string[]) => {
  const ports = publish.map(readPublish)
  const key = (port: (typeof ports)[number]): string => `${port.containerPort}/${port.protocol}`
  return {
    ExposedPorts: Object.fromEntries(ports.map((port) => [key(port), {}])),
    PortBindings: Object.fromEntries(
      ports.map((one) => [
        key(one),
        ports
          .filter((port) => key(port) === key(one))
          .map(({ hostIp, hostPort }) => ({ HostIp: hostIp, HostPort: String(hostPort) })),
      ]),
    ),
  }
}
