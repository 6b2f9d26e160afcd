import { InvalidRequestError, messageFor } from '@portolan/netfilter'
import { version } from 'portolan'
import { create } from './create.ts'
import { readCall, readNetwork } from './read-input.ts'
import { setup } from './setup.ts'
import { teardown } from './teardown.ts'
import { wording } from './wording.ts'

/**
 * The input of a plugin, from Podman or netavark.
 * @public @since 0.1.0
 */
export interface NetavarkCall {
  /** `create`, `info`, or `setup` and `teardown` with the path of a network namespace. */
  readonly arguments: readonly string[]
  /** A network for `create`, a container with its network for `setup` and `teardown`, as JSON. */
  readonly stdin: string
  /** Is called with warnings, which do not stop the call; Podman prints them. */
  readonly warn?: (text: string) => void
}

/**
 * The answer of a plugin of netavark.
 * @public @since 0.1.0
 */
export interface NetavarkAnswer {
  readonly exitCode: 0 | 1
  /** JSON with a line break, or empty. */
  readonly stdout: string
}

/**
 * Serves one call of Podman or netavark, as a plugin of netavark.
 *
 * @returns the result, or `{"error": ...}` with exit code 1; nothing is thrown
 * @see https://github.com/containers/netavark/blob/main/plugin-API.md
 * @example
 * const { stdout } = await runNetavark({ arguments: ['info'], stdin: '' })
 * JSON.parse(stdout).api_version // '1.0.0'
 * @public @since 0.1.0
 */
export const runNetavark = async ({
  arguments: words,
  stdin,
  warn = () => {},
}: NetavarkCall): Promise<NetavarkAnswer> => {
  try {
    const result = await serve(words, stdin, warn)
    return { exitCode: 0, stdout: result === null ? '' : `${JSON.stringify(result)}\n` }
  } catch (thrown) {
    const error = messageFor(thrown, wording)
    return { exitCode: 1, stdout: `${JSON.stringify({ error })}\n` }
  }
}

const serve = async (
  [verb = '', netns]: readonly string[],
  stdin: string,
  warn: (text: string) => void,
): Promise<object | null> => {
  switch (verb) {
    case 'info':
      return { version, api_version: '1.0.0', description: 'Networks and ports of Portolan' }
    case 'create':
      return create(readNetwork(stdin), warn)
    case 'setup':
      return setup(readCall(stdin), required(verb, netns), warn)
    case 'teardown':
      required(verb, netns)
      await teardown(readCall(stdin), warn)
      return null
    default:
      throw new InvalidRequestError(
        `${JSON.stringify(verb)} is no verb of a netavark plugin: expected create, setup, teardown or info. Podman and netavark start this program; see the guide "Use it as a Podman plugin".`,
      )
  }
}

const required = (verb: string, netns: string | undefined): string => {
  if (netns === undefined || netns === '')
    throw new InvalidRequestError(`${verb} needs the path of the container's network namespace.`)
  return netns
}
