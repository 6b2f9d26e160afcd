import type { DesiredMapping, DesiredTarget, PublishedPort } from '@portolan/core'

/** What tells one plain mapping from another: no interface, no `allow_from`, no service it belongs to. */
export type PlainMapping = Pick<
  PublishedPort,
  'label' | 'family' | 'protocol' | 'hostAddress' | 'hostPort'
> & {
  readonly targets: readonly [Target, ...Target[]]
}

type Target = PublishedPort['targets'][number]

/** A live mapping, whether it was asked for just now or found in force. */
export const plainMapping = ({ targets: [first, ...others], ...socket }: PlainMapping): DesiredMapping => ({
  ...socket,
  kind: 'nat',
  interface: null,
  allowFrom: null,
  targets: [asTarget(first), ...others.map(asTarget)],
})

const asTarget = ({ address, port }: Target): DesiredTarget => ({
  service: '',
  replica: 1,
  network: '',
  address,
  port,
  weight: 1,
})
