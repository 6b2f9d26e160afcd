/** A project with so many networks. Each has three services, two of which publish three ports. */
export const manyNetworks = (count: number): string => {
  const networks: Record<string, object> = {}
  const services: Record<string, object> = {}
  for (let at = 0; at < count; at += 1) {
    const [network, port] = [`n${at}`, 10_000 + at * 3]
    networks[network] = {}
    services[`web${at}`] = { networks: [network], ports: [`${port}:80`, `${port + 1}:443`] }
    services[`api${at}`] = { networks: [network], ports: [`${port + 2}:8080/udp`] }
    services[`db${at}`] = { networks: [network] }
  }
  return JSON.stringify({ services, networks })
}

/** A project with so many mappings: half as many ports, each for both families. */
export const manyMappings = (count: number): string => {
  const ports = `10000-${9_999 + count / 2}`
  const ipam = { config: [{ subnet: '10.128.0.0/24' }, { subnet: 'fd00:1::/64' }] }
  return JSON.stringify({
    services: { web: { ports: [`${ports}:${ports}`] } },
    networks: { default: { enable_ipv6: true, ipam } },
  })
}
