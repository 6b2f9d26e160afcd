import { isObject, notExpected } from '../check/check-value.ts'
import type { FakeHost } from './fake-host.ts'

/** Refuses a value that is no fake host. @param what - the call: `expect(host).toDrop(flow)` */
export const checkHost: (host: unknown, what: string) => asserts host is FakeHost = (host, what) => {
  if (!isFakeHost(host)) throw notExpected(what, 'expected a host of fakeHost()', host)
}

/** Whether a value has the methods of a fake host that are called here. */
export const isFakeHost = (host: unknown): host is FakeHost =>
  isObject(host) &&
  ['send', 'conflicts', 'desired'].every((name) => typeof host[name] === 'function') &&
  isObject(host.facts)
