import { checkText } from '@portolan/netfilter/schema'

/** The names that engines give to their interfaces. They identify the engine where no file on disk does. */
const names: readonly (readonly [RegExp, string])[] = [
  [/^docker(0|_gwbridge)$/, 'docker'],
  // The first 12 digits of the network's id (moby, daemon/libnetwork/drivers/bridge).
  [/^br-[0-9a-f]{12}$/, 'docker'],
  [/^(cni-)?podman\d+$/, 'podman'],
  [/^nerdctl\d+$/, 'nerdctl'],
  [/^(cni|cbr)\d+$/, 'cni'],
  [/^flannel[.\d-]/, 'flannel'],
  [/^cali[0-9a-f]{11}$/, 'calico'],
  [/^cilium_/, 'cilium'],
  [/^virbr\d+$/, 'libvirt'],
  [/^lxcbr\d+$/, 'lxc'],
  [/^lxdbr\d+$/, 'lxd'],
  [/^incusbr\d+$/, 'incus'],
  [/^tailscale\d+$/, 'tailscale'],
]

/**
 * Most names match no engine, and a host with 10,000 routes asks about 10,000 of them. One combined pattern rules out
 * most names at once.
 */
const anyName = new RegExp(names.map(([{ source }]) => source).join('|'))

/**
 * The engine that made an interface, judged by the interface's name; null: the name matches no engine.
 * @example
 * engineOfInterface('br-0a1b2c3d4e5f') // 'docker'
 * @public @since 0.1.0
 */
export const engineOfInterface = (name: string): string | null => {
  checkText(name, 'name')
  return anyName.test(name) ? (names.find(([pattern]) => pattern.test(name))?.[1] ?? null) : null
}
