import { type Anomaly, visibleLine } from '@portolan/core'
import { plainStyle, type Style } from '../plan/style.ts'

/**
 * What is odd among the rules of others, as lines for people: warnings first, else in the order they were found.
 *
 * @example
 * terminal.print(printAnomalies(anomalies, terminal.style).join('\n'))
 * @internal
 */
export const printAnomalies = (anomalies: readonly Anomaly[], style: Style = plainStyle): readonly string[] =>
  [...of(anomalies, 'warning'), ...of(anomalies, 'info')].flatMap((anomaly) => printAnomaly(anomaly, style))

const of = (anomalies: readonly Anomaly[], severity: Anomaly['severity']): readonly Anomaly[] =>
  anomalies.filter((anomaly) => anomaly.severity === severity)

const printAnomaly = (anomaly: Anomaly, style: Style): readonly string[] => {
  const paint = anomaly.severity === 'warning' ? style.yellow : style.dim
  const certainty = anomaly.certainty === 'possible' ? ' (possible)' : ''
  const { remedy } = anomaly
  return [
    `  ${paint(anomaly.severity)}${certainty} ${anomaly.kind}: ${visibleLine(anomaly.message)}`,
    ...(remedy === null
      ? []
      : [
          `      To remove it: ${visibleLine(remedy.text)}`,
          ...remedy.commands.map((command) => `        ${visibleLine(command)}`),
        ]),
  ]
}
