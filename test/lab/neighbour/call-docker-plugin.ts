import { request } from 'node:http'
import { fromJson } from '../../from-json.ts'

export type Json = Readonly<Record<string, unknown>>

export interface PluginAnswer {
  readonly status: number
  readonly body: Json
}

/** The socket on the host where dockerd looks for the plugin. */
export const pluginSocket = '/run/docker/plugins/portolan.sock'

/**
 * Sends one request to the plugin, as dockerd does.
 * @param socketPath - the socket's path for this process
 * @returns null: the plugin ended before it answered
 */
export const callDockerPlugin = (
  socketPath: string,
  verb: string,
  body: unknown,
): Promise<PluginAnswer | null> =>
  new Promise((resolve) => {
    const text = typeof body === 'string' ? body : JSON.stringify(body)
    const sent = request(
      { socketPath, method: 'POST', path: verb, headers: { 'content-length': Buffer.byteLength(text) } },
      (answer) => {
        let found = ''
        answer.setEncoding('utf8').on('data', (part: string) => {
          found += part
        })
        answer.on('end', () => resolve({ status: answer.statusCode ?? 0, body: fromJson<Json>(found) }))
        answer.on('error', () => resolve(null))
      },
    )
    sent.on('error', () => resolve(null))
    sent.end(text)
  })
