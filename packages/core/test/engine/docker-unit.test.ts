import { describe, expect, test } from '@jest/globals'
import { parseDockerUnit } from '../../src/engine/docker-unit.ts'

const file = '/etc/systemd/system/docker.service.d/override.conf'
const read = (command: string) => parseDockerUnit(`[Service]\nExecStart=\nExecStart=${command}\n`, file)

describe('parseDockerUnit', () => {
  test.each<[string, string, object]>([
    [
      'a folder for its data',
      '/usr/sbin/dockerd -H fd:// --data-root /srv/docker',
      { dataRoots: ['/srv/docker'] },
    ],
    ['the older name of that', '/usr/bin/dockerd -g "/srv/docker"', { dataRoots: ['/srv/docker'] }],
    [
      'another file of settings',
      '-/usr/bin/dockerd --config-file=/srv/d.json',
      { configFiles: ['/srv/d.json'] },
    ],
    [
      'the default bridge',
      '/usr/bin/dockerd --bip=10.9.0.1/24 --live-restore -b br0',
      { networks: [{ engine: 'docker', name: 'bridge', subnets: ['10.9.0.0/24'], bridge: 'br0', file }] },
    ],
    [
      'address pools',
      '/usr/bin/dockerd --default-address-pool base=172.30.0.0/16,size=24 --default-address-pool base=10.0.0.0/16,size=20',
      {
        pools: [
          { engine: 'docker', base: '172.30.0.0/16', size: 24, file },
          { engine: 'docker', base: '10.0.0.0/16', size: 20, file },
        ],
      },
    ],
  ])('the command line of dockerd names %s', (_, command, expected) => {
    expect(read(command)).toMatchObject({ ...expected, complaints: [] })
  })
  test.each([
    ['a unit of another program', '/usr/bin/other --data-root /srv'],
    ['a command without options', '/usr/bin/dockerd'],
    ['a variable, whose value is not here', '/usr/bin/dockerd --data-root=$ROOT --bip $BIP'],
  ])('%s names nothing', (_, command) => {
    expect(read(command)).toEqual({ networks: [], pools: [], complaints: [] })
  })
})
