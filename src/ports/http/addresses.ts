/** Which addresses belong to the world: global unicast, as the registries of IANA for special purposes tell (RFC 6890). */
import { BlockList, isIP } from 'node:net'

const special4 = [
  '0.0.0.0/8', // this network
  '10.0.0.0/8', // private
  '100.64.0.0/10', // shared by customers of one provider
  '127.0.0.0/8', // loopback
  '168.63.129.16/32', // the host below a machine in Azure
  '169.254.0.0/16', // link-local, and what clouds tell their machines
  '172.16.0.0/12', // private
  '192.0.0.0/24', // protocol assignments
  '192.0.2.0/24', // documentation
  '192.88.99.0/24', // 6to4 relays
  '192.168.0.0/16', // private
  '198.18.0.0/15', // measurements
  '198.51.100.0/24', // documentation
  '203.0.113.0/24', // documentation
  '224.0.0.0/4', // multicast
  '240.0.0.0/4', // reserved, broadcast
]
// Everything outside of this is loopback, mapped or translated IPv4 (::ffff:0:0/96, 64:ff9b::/96), own, link-local or multicast.
const global6 = '2000::/3'
const special6 = [
  '2001::/23', // protocol assignments: Teredo, benchmarks, ORCHID
  '2001:db8::/32', // documentation
  '2002::/16', // 6to4: holds an IPv4 address
  '3fff::/20', // documentation
]

const inSpecial = listOf([...special4, ...special6])
const inGlobal6 = listOf([global6])

/** Is this an address of somebody in the world? Anything that is no address is not. */
export function isGlobal(address: string): boolean {
  const family = isIP(address)
  if (family === 4) return !inSpecial.check(address, 'ipv4')
  // a zone is of link-local addresses alone
  return family === 6 && !address.includes('%') && inGlobal6.check(address, 'ipv6') && !inSpecial.check(address, 'ipv6')
}

function listOf(subnets: string[]): BlockList {
  const list = new BlockList()
  for (const subnet of subnets) {
    const [net, bits] = subnet.split('/') as [string, string]
    list.addSubnet(net, Number(bits), net.includes(':') ? 'ipv6' : 'ipv4')
  }
  return list
}
