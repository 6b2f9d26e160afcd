import { expect, test } from '@jest/globals'
import { findPortsInEphemeralRange } from '../../../src/conflict/index.ts'
import { mapping } from '../../contract/state.ts'

const range = 'net.ipv4.ip_local_port_range'
const reserved = 'net.ipv4.ip_local_reserved_ports'

test('a port that the kernel gives to clients is told, with how to keep it', () => {
  const sysctls = { [range]: '32768\t60999', [reserved]: '50000-50010' }
  expect(
    findPortsInEphemeralRange({ project: 'shop', mappings: [mapping({ hostPort: 40_000 })] }, { sysctls }),
  ).toMatchObject([
    {
      kind: 'PortInEphemeralRange',
      severity: 'info',
      culprit: { tool: 'sysctl', text: `${range} = 32768 60999` },
      remedy: { commands: [`sysctl -w ${reserved}=50000-50010,40000`] },
    },
  ])
})

test.each([
  ['below the range', 8080, '32768 60999', ''],
  ['above it', 61_000, '32768 60999', ''],
  ['reserved by itself', 40_000, '32768 60999', '40000'],
  ['reserved in a range', 40_000, '32768 60999', '1000,39999-40001'],
])('a port %s is nothing to tell', (_, hostPort, given, kept) => {
  expect(
    findPortsInEphemeralRange(
      { project: 'shop', mappings: [mapping({ hostPort })] },
      { sysctls: { [range]: given, [reserved]: kept } },
    ),
  ).toEqual([])
})

test('a host that says nothing of its range is asked nothing', () => {
  expect(
    findPortsInEphemeralRange({ project: 'shop', mappings: [mapping({ hostPort: 40_000 })] }, {}),
  ).toEqual([])
})
