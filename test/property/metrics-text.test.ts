import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { printMetrics } from '../../packages/portolan/src/metrics/print-metrics.ts'
import type { MappingMetrics, ProjectMetrics } from '../../packages/portolan/src/metrics/project-metrics.ts'
import { openWatchRecord } from '../../packages/portolan/src/metrics/watch-record.ts'
import { readExposition } from '../lab/exposition.ts'

const open = { connections: 2, accounted: 2, packets: 5, bytes: 500 }

const mappingOf = (service: string, hostPort: number): MappingMetrics => ({
  mapping: {
    label: `0.0.0.0:${hostPort}/tcp -> ${service}:80`,
    ...{ family: 'ip', protocol: 'tcp', kind: 'nat', hostAddress: null, hostPort },
    ...{ interface: null, allowFrom: null },
    targets: [{ service, replica: 1, network: 'web', address: '172.17.0.1', port: 80, weight: 1 }],
  },
  total: { open, connections: 3, packets: 7, bytes: 700 },
})

const metricsOf = (mappings: readonly MappingMetrics[], project = 'shop'): ProjectMetrics => ({
  ...{ project, backend: 'nftables', record: openWatchRecord().record, mappings },
  accounting: true,
  networks: [
    {
      ...{ network: 'web', family: 'ip', subnet: '172.17.0.0/16', pool: null },
      addresses: { used: 1, free: 65_532n },
    },
  ],
  pools: [{ pool: 'classic', subnets: { used: 1n, free: 11n } }],
})

/** Characters that end a label value or a line, begin a comment or another sample, or are no valid text. */
const hostile = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc
    .array(
      fc.constantFrom(
        '"',
        '\\',
        '\n',
        '\r',
        '}',
        '{',
        ',',
        '=',
        ' 1\n',
        '# HELP x ',
        '\\n',
        '\u2028',
        '\0',
        'x',
      ),
    )
    .map((parts) => parts.join('')),
)

describe('the text of metrics', () => {
  test('is what a strict reader of the format takes, with every label as it was', async () => {
    await fc.assert(
      fc.asyncProperty(hostile, fc.uniqueArray(hostile, { maxLength: 5 }), async (project, services) => {
        const mappings = services.map((service, at) => mappingOf(service, 8000 + at))
        const { text } = await printMetrics(metricsOf(mappings, project))
        const read = readExposition(text)
        const samples = read.get('portolan_mapping_packets_total')?.samples ?? []
        expect(samples.map(({ labels }) => [labels.project, labels.service])).toEqual(
          services.map((service) => [project, service]),
        )
      }),
    )
  })

  test('follows the conventions of names and types, and has words for each', async () => {
    const { text, contentType } = await printMetrics(metricsOf([mappingOf('nginx', 8080)]))
    expect(contentType).toBe('text/plain; version=0.0.4; charset=utf-8')
    const read = readExposition(text)
    for (const [name, { type, help }] of read) {
      expect([name, help]).toEqual([
        expect.stringMatching(/^portolan_[a-z_]+$/),
        expect.stringMatching(/^[A-Z].*[.?;1]$/),
      ])
      expect([name, name.endsWith('_total')]).toEqual([name, type === 'counter'])
    }
    expect(read.get('portolan_mapping_bytes_total')?.samples).toEqual([
      {
        name: 'portolan_mapping_bytes_total',
        labels: {
          ...{ project: 'shop', backend: 'nftables', family: 'ip', protocol: 'tcp', address: '0.0.0.0' },
          ...{ port: '8080', interface: '', network: 'web', service: 'nginx' },
        },
        value: 700,
      },
    ])
    expect(read.get('portolan_leases_free')?.samples).toMatchObject([{ value: 65_532 }])
  })

  test('has a series for each mapping, though they differ in their interface alone', async () => {
    const one = mappingOf('nginx', 8080)
    const other = { ...one, mapping: { ...one.mapping, interface: 'eth1' } }
    const { text } = await printMetrics(metricsOf([one, other]))
    expect(readExposition(text).get('portolan_mapping_connections_total')?.samples).toHaveLength(2)
  })
})

describe('the reader of that text', () => {
  test.each([
    ['x 1', 'the last line does not end'],
    ['x 1\n', 'a sample out of place'],
    ['# HELP x y\n# TYPE x gauge\nx{a="b} 1\n', 'without an end'],
    ['# HELP x y\n# TYPE x gauge\nx{a="\\t"} 1\n', 'unknown escape'],
    ['# HELP x y\n# TYPE x gauge\nx{a="b"} 1\nx{a="b"} 2\n', 'a series twice'],
    ['# HELP x y\n# TYPE x gauge\nx{a="b"}1\n', 'expected " "'],
    ['# HELP x y\n# TYPE x gauge\nx one\n', 'no value'],
  ])('refuses %j', (text, why) => {
    expect(() => readExposition(text)).toThrow(why)
  })
})
