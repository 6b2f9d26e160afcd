import { InvalidRequestError } from '@portolan/netfilter'

/**
 * The place where rules are kept: nftables' own tables, or iptables' tables in one of its two variants.
 * @example
 * const intent = readCompose('services: {web: {ports: ["8080:80"]}}', { source: 'compose.yaml', project: 'shop' })
 * const p = await plan(intent, { facts: {}, rules: null, backend: 'nftables' })
 * const backend: Backend = p.backend
 * backend // 'nftables'
 * @public @since 0.1.0
 */
export type Backend = 'nftables' | 'iptables-nft' | 'iptables-legacy'

/**
 * Every backend.
 * @public @since 0.1.0
 */
export const backends: readonly Backend[] = ['nftables', 'iptables-nft', 'iptables-legacy']

/**
 * A backend, or how to choose one. `auto`: the backend that has the rules of the project. Where none has them, nftables
 * if its program is installed, else iptables. `iptables`: the variant that the program `iptables` of this host is.
 * @example
 * const backend: BackendChoice = 'iptables'
 * const intent = readCompose('services: {web: {ports: ["8080:80"]}}', { source: 'compose.yaml', project: 'shop' })
 * const p = await plan(intent, { facts: {}, rules: null, backend })
 * p.backend // 'iptables-nft'
 * @public @since 0.1.0
 */
export type BackendChoice = Backend | 'auto' | 'iptables'

/** @internal */
export const backendChoices: readonly BackendChoice[] = ['auto', ...backends, 'iptables']

/**
 * Checks a word that should name a backend.
 * @throws InvalidRequestError
 * @internal
 */
export const parseBackendChoice = (text: string): BackendChoice => {
  const found = backendChoices.find((choice) => choice === text)
  if (found === undefined) {
    throw new InvalidRequestError(`--backend ${text}: expected one of ${backendChoices.join(', ')}.`)
  }
  return found
}
