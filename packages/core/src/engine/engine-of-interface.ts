/** How engines name the interfaces they make, where nothing on disk names the engine. */
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

/** Most names tell nothing, and a host with 10,000 routes is asked about 10,000 of them: one pattern for all. */
const anyName = new RegExp(names.map(([{ source }]) => source).join('|'))

/**
 * The engine that made an interface, by its name; null when the name tells nothing.
 * @example
 * engineOfInterface('br-0a1b2c3d4e5f') // 'docker'
 * @public @since 0.1.0
 */
export const engineOfInterface = (name: string): string | null =>
  anyName.test(name) ? (names.find(([pattern]) => pattern.test(name))?.[1] ?? null) : null
