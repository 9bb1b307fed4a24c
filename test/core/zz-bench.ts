import { parseInfo } from '/work/main/source/core/parse-info.ts';
import { parseClusterNodes } from '/work/main/source/core/parse-cluster.ts';
import { fit, fitMiddle, printable, displayWidth } from '/work/main/source/core/printable.ts';
import { captureText } from '/work/main/test/core/captures.ts';
function bench(name: string, n: number, f: () => unknown) { for (let i=0;i<n;i++) f(); const ts:number[]=[]; for (let r=0;r<7;r++){const t=performance.now(); for(let i=0;i<n;i++) f(); ts.push((performance.now()-t)/n*1000);} ts.sort((a,b)=>a-b); console.log(name, ts[3]!.toFixed(1),'µs (min',ts[0]!.toFixed(1)+')'); }
for (const v of ['redis-6.0.16','redis-8.0.2','valkey-8.1.1']) { const t=captureText(v+'/standalone/info-default.txt'); bench('info '+v+' '+t.length, 3000, ()=>parseInfo(t)); }
const cs=captureText('redis-8.0.2/standalone/info-commandstats.resp2'); bench('commandstats '+cs.length,3000,()=>parseInfo(cs));
const frag = Array.from({ length: 500 }, (_, node) => { const slots = Array.from({ length: 33 }, (_, i) => node + i * 500).filter(s => s < 16384); return `${node.toString(16).padStart(40,'0')} 10.0.${node>>8}.${node&255}:6379@16379,,shard-id=x master - 0 1795452709075 ${node} connected ${slots.join(' ')}\n`; }).join('');
bench('nodes 500 frag '+frag.length, 50, ()=>parseClusterNodes(frag));
const six=captureText('redis-8.0.2/cluster/ok-primary-cluster-nodes.resp2'); bench('nodes 6', 2000, ()=>parseClusterNodes(six));
bench('fitMiddle short', 5000, ()=>fitMiddle('cache-eu-west-1-07.example:6379', 17));
bench('displayWidth …', 5000, ()=>displayWidth('cache-eu…-07:6379'));
