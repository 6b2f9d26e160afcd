import { commandWording, messageFor, PortolanError, type Wording } from '@portolan/netfilter'

/**
 * The words of a live host: the options and calls of a program that uses the library. A live host has them if the
 * program gives no words of its own.
 * @example
 * const ofAnEngine: Wording = { ...liveWording, elsewhere: 'start the engine with another --root' }
 * ofAnEngine.bridge // 'with the option bridge of ensureNetwork'
 * @public @since 0.1.0
 */
export const liveWording: Wording = {
  ...commandWording,
  pool: 'pool: "{}"',
  allow: 'allowed: [{}] in the config that openHost gets',
  bridge: 'with the option bridge of ensureNetwork',
  removeNetwork: 'remove the network first (removeNetwork)',
  remakeNetwork:
    'End what is on the network, remove it (removeNetwork), and make it again (ensureNetwork) with the live host.',
  elsewhere: 'give another directory with the option state of openHost',
  backend: 'choose another with the option backend of openHost',
  mac: 'give the endpoint another one (mac)',
  metric: 'give another metric (metric), or none: then the network stands behind that route',
  interface: 'choose another name with interface',
  namesInterface: 'name it with interface',
  // `portolan apply` refuses the project of a live host.
  apply: null,
  restore: 'repeat a call of publish or ensureNetwork',
  again: 'ask for the status again',
  sysctl: 'let the program write to /proc/sys',
  goOn: null,
}

/** Throws an error on with its remedy in these words. It stays the same object: a program may know its class. */
export const throwIn =
  (wording: Wording) =>
  (thrown: unknown): never => {
    if (thrown instanceof PortolanError) thrown.message = messageFor(thrown, wording)
    throw thrown
  }
