import { expect, test } from '@jest/globals'
import { engineOfInterface } from '../../src/engine/engine-of-interface.ts'

test.each([
  ['docker0', 'docker'],
  ['docker_gwbridge', 'docker'],
  ['br-0a1b2c3d4e5f', 'docker'],
  ['podman1', 'podman'],
  ['cni-podman0', 'podman'],
  ['cni0', 'cni'],
  ['flannel.1', 'flannel'],
  ['virbr0', 'libvirt'],
  ['lxdbr0', 'lxd'],
  ['incusbr0', 'incus'],
  ['tailscale0', 'tailscale'],
  ['eth0', null],
  ['br-lan', null],
  ['br-0a1b2c3d4e5g', null],
  ['mydocker0', null],
  ['', null],
])('%j belongs to %s', (name, engine) => {
  expect(engineOfInterface(name)).toBe(engine)
})
