import type { FakeHost } from '@portolan/testing'
import type { backends, HostEvent, LiveHost } from 'portolan/machine'

export const opened = async (host: FakeHost, backend: (typeof backends)[number]): Promise<LiveHost> => {
  const live = await host.openHost({ backend, project: 'shop' })
  await live.ensureNetwork('web', { pool: 'classic' })
  await live.lease('web', 'web-1')
  return live
}

/** The events of a watch, in order. */
export const listen = (live: LiveHost, options: { readonly check?: boolean } = {}): HostEvent[] => {
  const events: HostEvent[] = []
  const take = async (): Promise<void> => {
    for await (const event of live.watch(options)) events.push(event)
  }
  void take()
  return events
}
