import { lookup } from 'node:dns/promises'
import { isIP } from 'node:net'
import { afterSilence } from './after-silence.ts'
import { hostOf, isSocketFile } from './check-endpoints.ts'

/** How long a nameserver may take once a request has failed. */
const LOOKUP_MS = 1_000

/** Servers were asked by names that this host cannot resolve. */
export class UnresolvedError extends Error {}

/**
 * Which of the servers have names that cannot be resolved, with what the system says. gRPC tells of such a one as of a
 * server that does not answer, as it tries again.
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
