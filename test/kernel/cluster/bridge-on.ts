import type { Machine } from '../../lab/machine.ts'

/** A bridge on a machine that several tests share. It is removed with its test, also when an assertion fails. */
export const bridgeOn = async (
  machine: Machine,
  name: string,
  ...addresses: readonly string[]
): Promise<AsyncDisposable> => {
  await machine.ip(
    `link add ${name} type bridge`,
    ...addresses.map((address) => `addr add ${address} dev ${name}${address.includes(':') ? ' nodad' : ''}`),
    `link set ${name} up`,
  )
  return {
    // A test may have deleted it.
    [Symbol.asyncDispose]: async () => void (await machine.run(['ip', 'link', 'del', name])),
  }
}
