import { lookup } from 'node:dns/promises'
import { isIP } from 'node:net'
import { afterSilence } from './after-silence.ts'
import { hostOf, isSocketFile } from './check-endpoints.ts'

/** The time that a nameserver may take for a lookup after a failed request. */
const LOOKUP_MS = 1_000

/** Thrown when servers were named by names that this host cannot resolve. */
export class UnresolvedError extends Error {}

/**
 * Finds the servers whose names cannot be resolved, with the system's reason. gRPC reports such a server as one that
 * does not answer, because it tries again.
 */
export const unresolvedNames = async (
  endpoints: readonly string[],
): Promise<readonly { readonly name: string; readonly why: string }[]> => {
  const hosts = endpoints.filter((endpoint) => !isSocketFile(endpoint)).map(hostOf)
  const names = [...new Set(hosts)].filter((host) => isIP(host) === 0)
  const found = await Promise.all(
    names.map(async (name) => {
      const why = await whyUnresolved(name)
      return why === null ? [] : [{ name, why }]
    }),
  )
  return found.flat()
}

const whyUnresolved = async (name: string): Promise<string | null> => {
  let heard: () => void = () => {}
  const silent = new Promise<string>((resolve) => {
    heard = afterSilence(LOOKUP_MS, () => resolve('no nameserver of this host answers'))
  })
  try {
    return await Promise.race([
      lookup(name).then(
        () => null,
        (error: NodeJS.ErrnoException) => error.code ?? error.message,
      ),
      silent,
    ])
  } finally {
    heard()
  }
}
