import { asCniError, CniError } from './cni-error.ts'
import { incompatible, readConfig, readJson } from './config/network-config.ts'
import { type CniRequest, readRequest } from './request/cni-request.ts'
import { resultIn } from './result/cni-result.ts'
import { knowsGc, supportedVersions, versionOf } from './result/versions.ts'
import { add } from './verb/add.ts'
import { check } from './verb/check.ts'
import { del } from './verb/del.ts'
import { gc } from './verb/gc.ts'
import { status } from './verb/status.ts'

/**
 * The input of a plugin, from a runtime.
 * @public @since 0.1.0
 */
export interface CniCall {
  /** The environment variables: `CNI_COMMAND` and the others. */
  readonly environment: Readonly<Record<string, string | undefined>>
  /** The network configuration, as JSON. */
  readonly stdin: string
  /** Is called with warnings, which do not stop the call. Each is one line for the runtime's log. */
  readonly warn?: (text: string) => void
}

/**
 * The answer of a plugin.
 * @public @since 0.1.0
 */
export interface CniAnswer {
  readonly exitCode: 0 | 1
  /** JSON with a line break, or empty. */
  readonly stdout: string
}

/**
 * Serves one call of a container runtime, as a plugin of the Container Network Interface.
 *
 * @returns the result or the error in the form of the specification; nothing is thrown
 * @see https://www.cni.dev/docs/spec/
 * @example
 * const { stdout } = await runCni({ environment: { CNI_COMMAND: 'VERSION' }, stdin: '{"cniVersion": "1.0.0"}' })
 * JSON.parse(stdout).supportedVersions // ['0.4.0', '1.0.0', '1.1.0']
 * @public @since 0.1.0
 */
export const runCni = async ({ environment, stdin, warn = () => {} }: CniCall): Promise<CniAnswer> => {
  let cniVersion = supportedVersions[supportedVersions.length - 1] ?? ''
  try {
    const request = readRequest(environment)
    const asked = versionOf(readJson(stdin))
    if (supportedVersions.includes(asked)) cniVersion = asked
    const result = await serve(request, stdin, asked, warn)
    return { exitCode: 0, stdout: result === null ? '' : `${JSON.stringify(result)}\n` }
  } catch (thrown) {
    const { code, message, details } = asCniError(thrown)
    const error = { cniVersion, code, msg: message, ...(details === '' ? {} : { details }) }
    return { exitCode: 1, stdout: `${JSON.stringify(error)}\n` }
  }
}

type Printed = Readonly<Record<string, unknown>> | null

const serve = async (
  request: CniRequest,
  stdin: string,
  asked: string,
  warn: (text: string) => void,
): Promise<Printed> => {
  const { verb } = request
  if (verb === 'VERSION') return { cniVersion: asked, supportedVersions }
  const config = readConfig(stdin)
  const { cniVersion } = config
  if ((verb === 'GC' || verb === 'STATUS') && !knowsGc(cniVersion))
    throw new CniError(
      incompatible(cniVersion).code,
      `${verb} is of CNI 1.1.0, and cniVersion is ${cniVersion}.`,
    )
  switch (verb) {
    case 'ADD':
      return resultIn(cniVersion, await add(request, config, warn))
    case 'DEL':
      await del(request, config)
      return null
    case 'CHECK':
      await check(request, config)
      return null
    case 'GC':
      await gc(config)
      return null
    case 'STATUS':
      await status(config)
      return null
  }
}
