/**
 * The services whose names are common in firewall rules (the IANA registry of service names). iptables-save prints only
 * numbers, so a name comes from a rule written by hand. Other names are not guessed.
 */
const lines = `echo 7, discard 9, systat 11, daytime 13, qotd 17, chargen 19, ftp-data 20, ftp 21, ssh 22, telnet 23,
smtp 25, mail 25, time 37, whois 43, nicname 43, tacacs 49, domain 53, bootps 67, bootpc 68, tftp 69, gopher 70,
finger 79, http 80, www 80, kerberos 88, hostnames 101, iso-tsap 102, pop3 110, pop-3 110, sunrpc 111, portmapper 111,
auth 113, ident 113, nntp 119, ntp 123, epmap 135, loc-srv 135, netbios-ns 137, netbios-dgm 138, netbios-ssn 139,
imap 143, imap2 143, snmp 161, snmp-trap 162, snmptrap 162, xdmcp 177, bgp 179, irc 194, smux 199, imap3 220, ldap 389,
svrloc 427, snpp 444, https 443, microsoft-ds 445, kpasswd 464, submissions 465, smtps 465, ssmtp 465, isakmp 500,
exec 512, biff 512, login 513, who 513, shell 514, syslog 514, printer 515, talk 517, ntalk 518, route 520, router 520,
dhcpv6-client 546, dhcpv6-server 547, rtsp 554, nntps 563, submission 587, ipp 631, ldaps 636, domain-s 853, rsync 873,
ftps-data 989, ftps 990, telnets 992, imaps 993, pop3s 995, socks 1080, openvpn 1194, ms-sql-s 1433, ms-sql-m 1434,
l2f 1701, l2tp 1701, pptp 1723, radius 1812, radius-acct 1813, nfs 2049, zookeeper 2181, docker 2375, docker-s 2376,
etcd-client 2379, etcd-server 2380, svn 3690, mysql 3306, ms-wbt-server 3389, ipsec-nat-t 4500, sip 5060, sip-tls 5061,
xmpp-client 5222, xmpp-server 5269, mdns 5353, llmnr 5355, postgresql 5432, amqps 5671, amqp 5672, x11 6000, redis 6379,
ircd 6667, http-alt 8080, webcache 8080, zabbix-agent 10050, zabbix-trapper 10051, memcache 11211, webmin 10000`

const ports: ReadonlyMap<string, number> = new Map(
  lines.split(/,\s+/).map((line) => {
    const [name = '', port] = line.split(' ')
    return [name, Number(port)] as const
  }),
)

/** The port of a service; null when the name is not in this list. */
export const servicePort = (name: string): number | null => ports.get(name.toLowerCase()) ?? null
