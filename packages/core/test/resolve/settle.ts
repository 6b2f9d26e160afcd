import {
  commitLeases,
  type LeaseState,
  type Resolution,
  type ResolveOptions,
  readCompose,
  resolve,
} from '@portolan/core'
import type { HostFacts } from '@portolan/netfilter'

export const compose = (services: string, networks = 'web: {}', project = 'shop') =>
  readCompose(`name: ${project}\nnetworks:\n  ${networks}\nservices:\n${services}`, {
    source: 'compose.yaml',
  })

export const onWeb = (...names: readonly string[]): string =>
  names.map((name) => `  ${name}: {networks: [web]}\n`).join('')

/** Resolves and commits, as apply does. */
export const settle = (
  leases: LeaseState,
  intent: ReturnType<typeof compose>,
  facts: HostFacts = {},
  options: ResolveOptions = {},
): { readonly leases: LeaseState; readonly answer: Resolution } => {
  const answer = resolve(intent, facts, { ...options, leases })
  return { answer, leases: commitLeases(leases, answer.leases).state }
}

export const addresses = ({ desired }: Resolution): Readonly<Record<string, string | null>> =>
  Object.fromEntries(desired.endpoints.map(({ service, ip }) => [service, ip]))

export const subnets = ({ subnets: plans }: Resolution): readonly string[] =>
  plans.map(({ network, subnet, origin }) => `${network} ${subnet} ${origin}`)
