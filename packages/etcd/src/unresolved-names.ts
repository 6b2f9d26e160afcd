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

/** Why a lookup failed (getaddrinfo(3)). */
const lookupWords: Readonly<Record<string, string>> = {
  ENOTFOUND: 'no nameserver knows it (ENOTFOUND)',
  EAI_AGAIN: 'no nameserver answered for now (EAI_AGAIN)',
  EAI_FAIL: 'the nameserver answered with an error (EAI_FAIL)',
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
        ({ code = '', message }: NodeJS.ErrnoException) =>
          lookupWords[code] ?? `the lookup failed: ${message}`,
      ),
      silent,
    ])
  } finally {
    heard()
  }
}
